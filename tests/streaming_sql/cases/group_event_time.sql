-- Page: Developer Guide, "Stagger Windows" (its comparison with tumbling windows); "Example: Tumbling Window Using an Event Timestamp"
-- Columns: "EVENT_TIME" TIMESTAMP, "TICKER_SYMBOL" VARCHAR(4)
-- The rows of stagger_event_time.sql by tumbling windows of ROWTIME: the minute 11:00 of events comes in two parts, 2 and 1.

CREATE OR REPLACE STREAM "S" (event_time TIMESTAMP, ticker_symbol VARCHAR(4), ticker_count INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM FLOOR(EVENT_TIME TO MINUTE), TICKER_SYMBOL, COUNT(TICKER_SYMBOL) AS ticker_count
FROM "SOURCE_SQL_STREAM_001"
GROUP BY FLOOR("SOURCE_SQL_STREAM_001".ROWTIME TO MINUTE), FLOOR(EVENT_TIME TO MINUTE), TICKER_SYMBOL;

---- input
ROWTIME  | EVENT_TIME          | TICKER_SYMBOL
11:00:20 | 2026-01-05 11:00:10 | AMZN
11:00:30 | 2026-01-05 11:00:20 | AMZN
11:01:05 | 2026-01-05 11:00:55 | AMZN
11:01:15 | 2026-01-05 11:01:05 | AMZN
11:03:00
---- stream "S"
ROWTIME  | EVENT_TIME              | TICKER_SYMBOL | TICKER_COUNT
11:01:00 | 2026-01-05 11:00:00.000 | AMZN          | 2
11:02:00 | 2026-01-05 11:00:00.000 | AMZN          | 1
11:02:00 | 2026-01-05 11:01:00.000 | AMZN          | 1
