-- Page: Developer Guide, "Example: Exploring the In-Application Error Stream" (introducing a parse error)
-- Columns: "TICKER_SYMBOL" INTEGER, "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- The type of TICKER_SYMBOL is made INTEGER: no record gets into the source stream, each goes to error_stream. DATA_ROW is
-- the row in hexadecimal digits (the page does not say of which writing; here, JSON). A text of digits is a number.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol INTEGER, change DOUBLE, price DOUBLE);
CREATE OR REPLACE PUMP "copy" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker_symbol, change, price FROM "SOURCE_SQL_STREAM_001";

---- records
10:00:00 | {"TICKER_SYMBOL": "AMZN", "SECTOR": "RETAIL", "CHANGE": 0.5, "PRICE": 100.5}
10:00:01 | {"TICKER_SYMBOL": "TGT", "SECTOR": "RETAIL", "CHANGE": -1.5, "PRICE": 58.25}
10:00:02 | {"TICKER_SYMBOL": "42", "SECTOR": "RETAIL", "CHANGE": 0.25, "PRICE": 12.75}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER_SYMBOL | CHANGE | PRICE
10:00:02 | 42            | 0.25   | 12.75
---- stream "error_stream"
ROWTIME  | ERROR_LEVEL | ERROR_NAME     | MESSAGE | DATA_ROWTIME            | PUMP_NAME
10:00:00 | ERROR       | Coercion error | *       | 2026-01-05 10:00:00.000 | ""
10:00:01 | ERROR       | Coercion error | *       | 2026-01-05 10:00:01.000 | ""
