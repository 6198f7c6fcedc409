-- Page: Developer Guide, "Sliding Windows" (examples 1, 2 and 3)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- By hand. ROWS 2 PRECEDING is the row and two before it; the two windows of example 3 are computed in one query. A change
-- of 2 to a price of 22 is one of 10 %.

CREATE OR REPLACE STREAM "EXAMPLE_1" (ticker_symbol VARCHAR(10), Min_Price double, Max_Price double, Avg_Price double);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "EXAMPLE_1"
SELECT STREAM ticker_symbol, MIN(Price) OVER W1 AS Min_Price, MAX(Price) OVER W1 AS Max_Price, AVG(Price) OVER W1 AS Avg_Price
FROM "SOURCE_SQL_STREAM_001" WINDOW W1 AS (PARTITION BY ticker_symbol RANGE INTERVAL '1' MINUTE PRECEDING);
CREATE OR REPLACE STREAM "EXAMPLE_2" (ticker_symbol VARCHAR(10), Avg_Percent_Change double);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "EXAMPLE_2"
SELECT STREAM Ticker_Symbol, AVG(Change / (Price - Change)) over W1 as Avg_Percent_Change
FROM "SOURCE_SQL_STREAM_001" WINDOW W1 AS (PARTITION BY ticker_symbol RANGE INTERVAL '10' SECOND PRECEDING);
CREATE OR REPLACE STREAM "EXAMPLE_3" (ticker_symbol VARCHAR(12), price double, average_last2rows double, average_last10rows double);
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "EXAMPLE_3"
SELECT STREAM ticker_symbol, price, avg(price) over last2rows, avg(price) over last10rows
FROM SOURCE_SQL_STREAM_001
WINDOW last2rows AS (PARTITION BY ticker_symbol ROWS 2 PRECEDING), last10rows AS (PARTITION BY ticker_symbol ROWS 10 PRECEDING);

---- input
ROWTIME  | TICKER_SYMBOL | SECTOR | CHANGE | PRICE
10:00:00 | AMZN          | RETAIL | 2      | 22
10:00:05 | TBV           | HEALTH | 0      | 8
10:00:10 | AMZN          | RETAIL | -2     | 18
10:00:30 | AMZN          | RETAIL | 0      | 20
10:01:10 | AMZN          | RETAIL | 4      | 44
---- stream "EXAMPLE_1"
ROWTIME  | TICKER_SYMBOL | MIN_PRICE | MAX_PRICE | AVG_PRICE
10:00:00 | AMZN          | 22.0      | 22.0      | 22.0
10:00:05 | TBV           | 8.0       | 8.0       | 8.0
10:00:10 | AMZN          | 18.0      | 22.0      | 20.0
10:00:30 | AMZN          | 18.0      | 22.0      | 20.0
10:01:10 | AMZN          | 18.0      | 44.0      | 27.333333333333333
---- stream "EXAMPLE_2"
ROWTIME  | TICKER_SYMBOL | AVG_PERCENT_CHANGE
10:00:00 | AMZN          | 0.1
10:00:05 | TBV           | 0.0
10:00:10 | AMZN          | 0.0
10:00:30 | AMZN          | 0.0
10:01:10 | AMZN          | 0.1
---- stream "EXAMPLE_3"
ROWTIME  | TICKER_SYMBOL | PRICE | AVERAGE_LAST2ROWS  | AVERAGE_LAST10ROWS
10:00:00 | AMZN          | 22.0  | 22.0               | 22.0
10:00:05 | TBV           | 8.0   | 8.0                | 8.0
10:00:10 | AMZN          | 18.0  | 20.0               | 20.0
10:00:30 | AMZN          | 20.0  | 20.0               | 20.0
10:01:10 | AMZN          | 44.0  | 27.333333333333333 | 26.0
