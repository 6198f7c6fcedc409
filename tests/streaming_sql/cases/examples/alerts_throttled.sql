-- Page: Developer Guide, "Example: Creating Throttled Alerts"
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- Alerts of each ticker, counted over the minute up to each of them. The page says that one a minute goes on; its program
-- lets all go on (>= 1), with their number. By hand: the alert of 10:00:00 still counts at 10:01:00, no longer at 10:01:30.
-- A stream and a pump without quotes, a window by name behind a comment, a query within FROM that has no name of its own.

CREATE OR REPLACE STREAM "CHANGE_STREAM" (ticker_symbol VARCHAR(4), sector VARCHAR(12), change DOUBLE, price DOUBLE);
CREATE OR REPLACE PUMP "change_pump" AS INSERT INTO "CHANGE_STREAM"
SELECT STREAM ticker_symbol, sector, change, price FROM "SOURCE_SQL_STREAM_001"
WHERE (ABS(Change / (Price - Change)) * 100) > 1;
-- ** the limit **
CREATE OR REPLACE STREAM TRIGGER_COUNT_STREAM (ticker_symbol VARCHAR(4), change REAL, trigger_count INTEGER);
CREATE OR REPLACE PUMP trigger_count_pump AS INSERT INTO TRIGGER_COUNT_STREAM
SELECT STREAM ticker_symbol, change, trigger_count
FROM (
    SELECT STREAM ticker_symbol, change, COUNT(*) OVER W1 as trigger_count
    FROM "CHANGE_STREAM"
    --the last minute
    WINDOW W1 AS (PARTITION BY ticker_symbol RANGE INTERVAL '1' MINUTE PRECEDING)
)
WHERE trigger_count >= 1;

---- input
ROWTIME  | TICKER_SYMBOL | SECTOR | CHANGE | PRICE
10:00:00 | AMZN          | RETAIL | 1.5    | 101.5
10:00:20 | TGT           | RETAIL | -2.0   | 98.0
10:00:30 | AMZN          | RETAIL | 0.5    | 100.5
10:00:40 | AMZN          | RETAIL | 2.25   | 102.25
10:01:00 | AMZN          | RETAIL | 3.0    | 103.0
10:01:30 | AMZN          | RETAIL | 4.0    | 104.0
10:03:00 | AMZN          | RETAIL | 5.0    | 105.0
---- stream "TRIGGER_COUNT_STREAM"
ROWTIME  | TICKER_SYMBOL | CHANGE | TRIGGER_COUNT
10:00:00 | AMZN          | 1.5    | 1
10:00:20 | TGT           | -2.0   | 1
10:00:40 | AMZN          | 2.25   | 2
10:01:00 | AMZN          | 3.0    | 3
10:01:30 | AMZN          | 4.0    | 3
10:03:00 | AMZN          | 5.0    | 1
