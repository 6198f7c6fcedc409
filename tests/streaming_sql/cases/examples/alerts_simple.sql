-- Page: Developer Guide, "Example: Creating Simple Alerts"
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- Rows whose price changed by more than one percent of what it was before, up or down. By hand: 1.5 of 100, 2 of 100, not
-- 1 of 100, not 0.5 of 100; 12.5 of 0 cannot be computed.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol VARCHAR(4), sector VARCHAR(12), change DOUBLE, price DOUBLE);
CREATE OR REPLACE PUMP "alerts" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker_symbol, sector, change, price FROM "SOURCE_SQL_STREAM_001"
WHERE (ABS(Change / (Price - Change)) * 100) > 1;

---- input
ROWTIME  | TICKER_SYMBOL | SECTOR             | CHANGE | PRICE
10:00:00 | AMZN          | RETAIL             | 1.5    | 101.5
10:00:01 | TGT           | TECHNOLOGY SECTORS | -2.0   | 98.0
10:00:02 | WMT           | RETAIL             | 1.0    | 101.0
10:00:03 | WMT           | RETAIL             | 0.5    | 100.5
10:00:04 | ABC           | RETAIL             | 12.5   | 12.5
10:00:05 | ABC           | RETAIL             | NULL   | 12.5
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER_SYMBOL | SECTOR       | CHANGE | PRICE
10:00:00 | AMZN          | RETAIL       | 1.5    | 101.5
10:00:01 | TGT           | TECHNOLOGY S | -2.0   | 98.0
---- stream "error_stream"
ROWTIME  | ERROR_NAME       | PUMP_NAME
10:00:04 | Division by zero | alerts
