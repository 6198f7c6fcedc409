-- Page: SQL Reference, "Windowed Aggregation on Streams" ("Examples of Rowtime Bounds and Windowed Aggregation", input and output)
-- Source: TRADES
-- Columns: "TICKER" VARCHAR(4), "AMOUNT" INTEGER

CREATE OR REPLACE STREAM "S" (ticker VARCHAR(4), amount INTEGER, hourlyVolume INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM ticker, amount, SUM(amount) OVER (PARTITION BY ticker RANGE INTERVAL '1' HOUR PRECEDING) AS hourlyVolume
FROM Trades;

---- input
ROWTIME  | TICKER | AMOUNT
10:00:00 | IBM    | 10
10:10:00 | ORCL   | 20
10:15:00
10:25:00 | ORCL   | 15
11:05:00 | IBM    | 30
11:10:00
---- stream "S"
ROWTIME  | TICKER | AMOUNT | HOURLYVOLUME
10:00:00 | IBM    | 10     | 10
10:10:00 | ORCL   | 20     | 20
10:25:00 | ORCL   | 15     | 35
11:05:00 | IBM    | 30     | 30
