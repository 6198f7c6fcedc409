-- Page: Developer Guide, "Example: Exploring the In-Application Error Stream" (introducing a divide by zero error)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- The page's SELECT in a pump. Every row that passes the WHERE clause goes to error_stream, none to the destination.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol VARCHAR(4), sector VARCHAR(12), change REAL, price REAL);
CREATE OR REPLACE PUMP "technology" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker_symbol, sector, change, (price / 0) as ProblemColumn
FROM "SOURCE_SQL_STREAM_001"
WHERE sector SIMILAR TO '%TECH%';

---- records
10:00:00 | {"TICKER_SYMBOL": "NFLX", "SECTOR": "TECHNOLOGY", "CHANGE": 0.5, "PRICE": 100.5}
10:00:01 | {"TICKER_SYMBOL": "TGT", "SECTOR": "RETAIL", "CHANGE": -1.5, "PRICE": 58.25}
10:00:02 | {"TICKER_SYMBOL": "PPL", "SECTOR": "BIOTECH", "CHANGE": 0.25, "PRICE": 12.75}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME
---- stream "error_stream"
ROWTIME  | ERROR_LEVEL | ERROR_NAME       | DATA_ROWTIME            | PUMP_NAME
10:00:00 | ERROR       | Division by zero | 2026-01-05 10:00:00.000 | technology
10:00:02 | ERROR       | Division by zero | 2026-01-05 10:00:02.000 | technology
