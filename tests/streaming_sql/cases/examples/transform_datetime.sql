-- Page: Developer Guide, "Example: Transforming DateTime Values"
-- Columns: "EVENT_TIME" TIMESTAMP, "TICKER" VARCHAR(4)
-- The page's records, and one in the afternoon: hh is the hour of a clock of 12. EVENT_TIME comes with microseconds, as
-- Python writes it; a TIMESTAMP keeps milliseconds. 2018-05-09 is day 17660: 17660 * 86400000 + 46241337 for the first.
-- No semicolon ends the program, and a blank line stands within its last statement.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (TICKER VARCHAR(4), event_time TIMESTAMP,
    five_minutes_before TIMESTAMP, event_unix_timestamp BIGINT, event_timestamp_as_char VARCHAR(50), event_second INTEGER);
CREATE OR REPLACE PUMP "times" AS INSERT INTO "DESTINATION_SQL_STREAM"

SELECT STREAM TICKER, EVENT_TIME, EVENT_TIME - INTERVAL '5' MINUTE, UNIX_TIMESTAMP(EVENT_TIME),
    TIMESTAMP_TO_CHAR('yyyy-MM-dd hh:mm:ss', EVENT_TIME), EXTRACT(SECOND FROM EVENT_TIME)
FROM "SOURCE_SQL_STREAM_001"

---- records
10:00:00 | {"EVENT_TIME": "2018-05-09T12:50:41.337510", "TICKER": "AAPL"}
10:00:01 | {"EVENT_TIME": "2018-05-09T12:50:41.427227", "TICKER": "MSFT"}
10:00:02 | {"EVENT_TIME": "2018-05-09T15:02:07.009999", "TICKER": "INTC"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER | EVENT_TIME              | FIVE_MINUTES_BEFORE     | EVENT_UNIX_TIMESTAMP | EVENT_TIMESTAMP_AS_CHAR | EVENT_SECOND
10:00:00 | AAPL   | 2018-05-09 12:50:41.337 | 2018-05-09 12:45:41.337 | 1525870241337        | 2018-05-09 12:50:41     | 41
10:00:01 | MSFT   | 2018-05-09 12:50:41.427 | 2018-05-09 12:45:41.427 | 1525870241427        | 2018-05-09 12:50:41     | 41
10:00:02 | INTC   | 2018-05-09 15:02:07.009 | 2018-05-09 14:57:07.009 | 1525878127009        | 2018-05-09 03:02:07     | 7
