-- Page: Developer Guide, "Tumbling Windows (Aggregations Using GROUP BY)" (its query with ROWTIME in the select list)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "PRICE" REAL
-- ROWTIME of a group's row is the end of its window; the term of GROUP BY is its beginning.

CREATE OR REPLACE STREAM "S" (t TIMESTAMP, ticker_symbol VARCHAR(4), min_price REAL, max_price REAL);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM ROWTIME, ticker_symbol, MIN(price) AS price, MAX(price) AS price FROM "SOURCE_SQL_STREAM_001"
GROUP BY ticker_symbol, STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND);

---- input
ROWTIME  | TICKER_SYMBOL | PRICE
10:00:05 | AMZN          | 2
10:00:59 | AMZN          | 1
10:01:00 | AMZN          | 3
10:02:00
---- stream "S"
ROWTIME  | T                       | TICKER_SYMBOL | MIN_PRICE | MAX_PRICE
10:01:00 | 2026-01-05 10:01:00.000 | AMZN          | 1.0       | 2.0
10:02:00 | 2026-01-05 10:02:00.000 | AMZN          | 3.0       | 3.0
