-- Page: toll lab (anomalies among vehicles per station), its SQL; SQL Reference, "RANDOM_CUT_FOREST"
-- Columns: "date" VARCHAR(64), "station_id" VARCHAR(16), "user" VARCHAR(16)
-- Vehicles of each station in ten seconds, each count with an anomaly score. The forest scores 0 until its sample
-- is full, so these first rows are known. Column names and types in lower case, a column alias without quotes.

CREATE OR REPLACE STREAM "VEHICLES_PER_STATION_STREAM" ("station_id" VARCHAR(10), "vehicle_count" INTEGER);
CREATE OR REPLACE PUMP "VEHICLES_PER_STATION_STREAM_PUMP" AS INSERT INTO "VEHICLES_PER_STATION_STREAM"
SELECT STREAM "station_id", COUNT(*) AS vehicle_count
FROM "SOURCE_SQL_STREAM_001"
GROUP BY "station_id", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM "ANOMALY_SCORE_SQL_STREAM" (
"station_id" varchar(10),
"vehicle_count" integer,
"anomaly_score" DOUBLE);
CREATE OR REPLACE PUMP "ANOMALY_SCORE_STREAM_PUMP" AS INSERT INTO "ANOMALY_SCORE_SQL_STREAM"
SELECT STREAM "station_id", "vehicle_count", "ANOMALY_SCORE" FROM
TABLE(RANDOM_CUT_FOREST(
CURSOR(SELECT STREAM "station_id", "vehicle_count" FROM "VEHICLES_PER_STATION_STREAM"), 1, 10, 10, 2));

---- input
ROWTIME  | date | station_id | user
08:00:01 | NULL | 183A       | 6LD7N
08:00:02 | NULL | Exit79     | JQ3QZ5
08:00:03 | NULL | 183A       | EDMTT
08:00:12 | NULL | Exit79     | EDMTT
08:00:20
---- stream "ANOMALY_SCORE_SQL_STREAM"
ROWTIME  | station_id | vehicle_count | anomaly_score
08:00:10 | 183A       | 2             | 0.0
08:00:10 | Exit79     | 1             | 0.0
08:00:20 | Exit79     | 1             | 0.0
