-- Page: SQL Reference, "WINDOW Clause (Sliding Windows)" ("Usage Notes": endpoints); "Window examples" (ROWS 3 PRECEDING, CURRENT ROW)
-- Source: TRADES
-- Columns: "TICKER" VARCHAR(4), "AMOUNT" INTEGER
-- An hour holds the row exactly an hour old, 59:59.999 does not. ROWS 3 PRECEDING holds four rows. RANGE CURRENT ROW holds
-- all rows of the ROWTIME that have come.

CREATE OR REPLACE STREAM "S" ("with" BIGINT, "without" BIGINT, "three" BIGINT, "row" BIGINT, "second" BIGINT, "two of ticker" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM SUM(amount) OVER withEndpoint, SUM(amount) OVER "WITHOUT", SUM(amount) OVER lastThree,
    SUM(amount) OVER lastZeroRows, SUM(amount) OVER lastZeroSeconds, SUM(amount) OVER lastTwoSameTicker
FROM Trades
WINDOW withEndpoint AS (RANGE INTERVAL '1' HOUR PRECEDING),
    "WITHOUT" AS (RANGE INTERVAL '59:59.999' MINUTE TO SECOND(3) PRECEDING),
    lastThree AS (ROWS 3 PRECEDING),
    lastZeroRows AS (ROWS CURRENT ROW),
    lastZeroSeconds AS (RANGE CURRENT ROW),
    lastTwoSameTicker AS (PARTITION BY ticker ROWS 2 PRECEDING);

---- input
ROWTIME  | TICKER | AMOUNT
10:00:00 | ORCL   | 1
10:10:00 | IBM    | 2
11:00:00 | ORCL   | 4
11:00:00 | YHOO   | 8
11:15:00 | ORCL   | 16
11:15:00 | ORCL   | 32
---- stream "S"
ROWTIME  | with | without | three | row | second | two of ticker
10:00:00 | 1    | 1       | 1     | 1   | 1      | 1
10:10:00 | 3    | 3       | 3     | 2   | 2      | 2
11:00:00 | 7    | 6       | 7     | 4   | 4      | 5
11:00:00 | 15   | 14      | 15    | 8   | 12     | 8
11:15:00 | 28   | 28      | 30    | 16  | 16     | 21
11:15:00 | 60   | 60      | 60    | 32  | 48     | 52
