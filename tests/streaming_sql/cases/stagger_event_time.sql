-- Page: Developer Guide, "Stagger Windows" (its table of results)
-- Columns: "EVENT_TIME" TIMESTAMP, "TICKER_SYMBOL" VARCHAR(4)
-- The page's rows. A window opens with the first row of its key, at 11:00:20, and closes a minute later; the late row of 11:01:05 is
-- still in it, so that 11:00 comes whole.

CREATE OR REPLACE STREAM "S" (event_time TIMESTAMP, ticker_symbol VARCHAR(4), ticker_count INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM FLOOR(EVENT_TIME TO MINUTE), TICKER_SYMBOL, COUNT(TICKER_SYMBOL) AS ticker_count
FROM "SOURCE_SQL_STREAM_001"
WINDOWED BY STAGGER (PARTITION BY FLOOR(EVENT_TIME TO MINUTE), TICKER_SYMBOL RANGE INTERVAL '1' MINUTE);

---- input
ROWTIME  | EVENT_TIME          | TICKER_SYMBOL
11:00:20 | 2026-01-05 11:00:10 | AMZN
11:00:30 | 2026-01-05 11:00:20 | AMZN
11:01:05 | 2026-01-05 11:00:55 | AMZN
11:01:15 | 2026-01-05 11:01:05 | AMZN
11:03:00
---- stream "S"
ROWTIME  | EVENT_TIME              | TICKER_SYMBOL | TICKER_COUNT
11:01:20 | 2026-01-05 11:00:00.000 | AMZN          | 3
11:02:15 | 2026-01-05 11:01:00.000 | AMZN          | 1
