-- Page: Developer Guide, "Continuous Queries" (its application)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- Changes of more than 1 %: from 100 to 101 is exactly 1 %, and no row; from 100 to 98 is one. A change from 0 cannot be told.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol VARCHAR(4), price DOUBLE);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM TICKER_SYMBOL, PRICE FROM "SOURCE_SQL_STREAM_001" WHERE (ABS((CHANGE / (PRICE-CHANGE)) * 100)) > 1;

---- input
ROWTIME  | TICKER_SYMBOL | SECTOR | CHANGE | PRICE
10:00:00 | AMZN          | RETAIL | 1      | 101
10:00:01 | AMZN          | RETAIL | -2     | 98
10:00:02 | TBV           | HEALTH | 5      | 5
10:00:03 | TBV           | HEALTH | NULL   | 5
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER_SYMBOL | PRICE
10:00:01 | AMZN          | 98.0
---- stream "error_stream"
ROWTIME  | ERROR_NAME       | PUMP_NAME
10:00:02 | Division by zero | STREAM_PUMP
