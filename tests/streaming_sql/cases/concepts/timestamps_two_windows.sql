-- Page: Developer Guide, "Timestamps and the ROWTIME Column" (its application; a shorter form of its table of results)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "APPROXIMATE_ARRIVAL_TIME" TIMESTAMP
-- The last XYZ arrived in the first minute, but came into the application in the second: it is counted in the second window,
-- under its own minute. A database behind this adds 2 + 1.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM"
    ("ingest_time" timestamp, "APPROXIMATE_ARRIVAL_TIME" timestamp, "ticker_symbol" VARCHAR(12), "symbol_count" integer);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND) AS "ingest_time",
    STEP("SOURCE_SQL_STREAM_001".APPROXIMATE_ARRIVAL_TIME BY INTERVAL '60' SECOND) AS "APPROXIMATE_ARRIVAL_TIME",
    "TICKER_SYMBOL", COUNT(*) AS "symbol_count"
FROM "SOURCE_SQL_STREAM_001"
GROUP BY "TICKER_SYMBOL", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND),
    STEP("SOURCE_SQL_STREAM_001".APPROXIMATE_ARRIVAL_TIME BY INTERVAL '60' SECOND);

---- input
ROWTIME             | TICKER_SYMBOL | APPROXIMATE_ARRIVAL_TIME
2016-07-19 17:05:01 | ABC           | 2016-07-19 17:05:00
2016-07-19 17:05:10 | XYZ           | 2016-07-19 17:05:09
2016-07-19 17:05:20 | ABC           | 2016-07-19 17:05:19
2016-07-19 17:05:30 | XYZ           | 2016-07-19 17:05:29
2016-07-19 17:06:01 | ABC           | 2016-07-19 17:06:00
2016-07-19 17:06:02 | XYZ           | 2016-07-19 17:05:59
2016-07-19 17:07:00
---- stream "DESTINATION_SQL_STREAM"
ROWTIME             | ingest_time             | APPROXIMATE_ARRIVAL_TIME | ticker_symbol | symbol_count
2016-07-19 17:06:00 | 2016-07-19 17:05:00.000 | 2016-07-19 17:05:00.000  | ABC           | 2
2016-07-19 17:06:00 | 2016-07-19 17:05:00.000 | 2016-07-19 17:05:00.000  | XYZ           | 2
2016-07-19 17:07:00 | 2016-07-19 17:06:00.000 | 2016-07-19 17:06:00.000  | ABC           | 1
2016-07-19 17:07:00 | 2016-07-19 17:06:00.000 | 2016-07-19 17:05:00.000  | XYZ           | 1
