-- Page: clickstream lab, "anomaly_detection.sql"; SQL Reference, "FLOOR / CEIL (date-time)"
-- Columns: "browseraction" VARCHAR(16)
-- The lab's way to say ten seconds: seconds since 1970 divided by ten, rounded down. It is the same as
-- STEP(ROWTIME BY INTERVAL '10' SECOND).

CREATE OR REPLACE STREAM "FLOORED" ("n" DOUBLE);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "FLOORED" ("n") SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001"
WHERE "browseraction" = 'Click'
GROUP BY FLOOR(("SOURCE_SQL_STREAM_001".ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND);
CREATE OR REPLACE STREAM "STEPPED" ("n" DOUBLE);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "STEPPED" ("n") SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001"
WHERE "browseraction" = 'Click'
GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);

---- input
ROWTIME      | browseraction
10:00:00     | Click
10:00:05     | Impression
10:00:09.999 | Click
10:00:10     | Click
10:00:25     | Impression
10:00:31
---- stream "FLOORED"
ROWTIME  | n
10:00:10 | 2.0
10:00:20 | 1.0
---- stream "STEPPED"
ROWTIME  | n
10:00:10 | 2.0
10:00:20 | 1.0
