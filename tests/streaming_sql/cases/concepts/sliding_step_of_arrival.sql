-- Page: SQL Reference, "STEP" ("STEP in an OVER clause (sliding window)")
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "APPROXIMATE_ARRIVAL_TIME" TIMESTAMP
-- Rows of one ticker and one ten-second step of arrival are counted together, within ten seconds of processing.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ingest_time TIMESTAMP, ticker_symbol VARCHAR(4), ticker_symbol_count integer);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM STEP(source_sql_stream_001.approximate_arrival_time BY INTERVAL '10' SECOND) as ingest_time,
    ticker_symbol, count(*) over w1 as ticker_symbol_count
FROM source_sql_stream_001
WINDOW w1 AS (
    PARTITION BY ticker_symbol, STEP(source_sql_stream_001.approximate_arrival_time BY INTERVAL '10' SECOND)
    RANGE INTERVAL '10' SECOND PRECEDING);

---- input
ROWTIME  | TICKER_SYMBOL | APPROXIMATE_ARRIVAL_TIME
10:00:08 | CRM           | 2026-01-05 10:00:07
10:00:09 | CRM           | 2026-01-05 10:00:09
10:00:11 | CRM           | 2026-01-05 10:00:10
10:00:12 | CRM           | 2026-01-05 10:00:09.999
10:00:12 | BAC           | 2026-01-05 10:00:11
10:00:20 | CRM           | 2026-01-05 10:00:09
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | INGEST_TIME             | TICKER_SYMBOL | TICKER_SYMBOL_COUNT
10:00:08 | 2026-01-05 10:00:00.000 | CRM           | 1
10:00:09 | 2026-01-05 10:00:00.000 | CRM           | 2
10:00:11 | 2026-01-05 10:00:10.000 | CRM           | 1
10:00:12 | 2026-01-05 10:00:00.000 | CRM           | 3
10:00:12 | 2026-01-05 10:00:10.000 | BAC           | 1
10:00:20 | 2026-01-05 10:00:00.000 | CRM           | 2
