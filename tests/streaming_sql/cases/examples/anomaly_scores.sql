-- Page: Developer Guide, "Example: Detecting Data Anomalies on a Stream (RANDOM_CUT_FOREST Function)", step 2
-- Columns: "heartRate" INTEGER, "rateType" VARCHAR(8)
-- The forest scores 0 until its sample of 256 records is full (test_examples.py goes on from there). Rows of a second
-- leave when it has ended, sorted by score; equal scores keep their order. heartRate is INTEGER, as the page sets it.

--Scores as they come.
CREATE OR REPLACE STREAM "TEMP_STREAM" ("heartRate" INTEGER, "rateType" varchar(20), "ANOMALY_SCORE" DOUBLE);
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("heartRate" INTEGER, "rateType" varchar(20), "ANOMALY_SCORE" DOUBLE);
CREATE OR REPLACE PUMP "scores" AS INSERT INTO "TEMP_STREAM"
SELECT STREAM "heartRate", "rateType", ANOMALY_SCORE
FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001")));
CREATE OR REPLACE PUMP "sorted" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM * FROM "TEMP_STREAM"
ORDER BY FLOOR("TEMP_STREAM".ROWTIME TO SECOND), ANOMALY_SCORE DESC;

---- records
10:00:00.100 | {"heartRate": 60, "rateType":"NORMAL"}
10:00:00.200 | {"heartRate": 180, "rateType":"HIGH"}
10:00:01 | {"heartRate": 100, "rateType":"NORMAL"}
10:00:02 |
---- stream "TEMP_STREAM"
ROWTIME      | heartRate | rateType | ANOMALY_SCORE
10:00:00.100 | 60        | NORMAL   | 0.0
10:00:00.200 | 180       | HIGH     | 0.0
10:00:01     | 100       | NORMAL   | 0.0
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | heartRate | rateType | ANOMALY_SCORE
10:00:01 | 60        | NORMAL   | 0.0
10:00:01 | 180       | HIGH     | 0.0
10:00:02 | 100       | NORMAL   | 0.0
