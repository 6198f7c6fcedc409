-- Page: SQL Reference, "EXP_AVG" (its query)
-- Columns: "TICKER" VARCHAR(4), "PRICE" DOUBLE
-- Prices of the last 10 seconds weigh 1, of the 10 before them 1/2, of the 10 before those 1/4. At 10:00:25:
-- (10 / 4 + 20 / 2 + 40) / (1 / 4 + 1 / 2 + 1) = 30; at 10:00:31 the first has left: (20 / 4 + 40 + 60) / 2.25.

CREATE OR REPLACE STREAM "S" (ticker VARCHAR(4), price DOUBLE, avgPrice DOUBLE);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM ticker, price, EXP_AVG(price, INTERVAL '10' SECOND) OVER w AS avgPrice
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOW w AS (PARTITION BY ticker RANGE INTERVAL '30' SECOND PRECEDING);

---- input
ROWTIME  | TICKER | PRICE
10:00:00 | ABC    | 10
10:00:01 | DEF    | NULL
10:00:09 | ABC    | NULL
10:00:10 | ABC    | 20
10:00:25 | ABC    | 40
10:00:31 | ABC    | 60
---- stream "S"
ROWTIME  | TICKER | PRICE | AVGPRICE
10:00:00 | ABC    | 10.0  | 10.0
10:00:01 | DEF    | NULL  | NULL
10:00:09 | ABC    | NULL  | 10.0
10:00:10 | ABC    | 20.0  | 16.666666666666667
10:00:25 | ABC    | 40.0  | 30.0
10:00:31 | ABC    | 60.0  | 46.666666666666667
