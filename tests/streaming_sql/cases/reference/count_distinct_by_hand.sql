-- Page: SQL Reference, "COUNT_DISTINCT_ITEMS_TUMBLING Function" (its query with rowtime AS window_time)
-- Columns: "TICKER" VARCHAR(4)
-- The ROWTIME of a subquery stays monotonic under another name.

CREATE OR REPLACE STREAM "S" (n INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM COUNT(*) FROM (
    SELECT STREAM DISTINCT ROWTIME AS window_time, ticker FROM "SOURCE_SQL_STREAM_001") AS t
GROUP BY STEP(window_time BY INTERVAL '60' SECOND);

---- input
ROWTIME  | TICKER
10:00:00 | ABC
10:00:00 | ABC
10:00:00 | XYZ
10:00:30 | XYZ
10:01:10 | XYZ
10:03:00
---- stream "S"
ROWTIME  | N
10:01:00 | 3
10:02:00 | 1
