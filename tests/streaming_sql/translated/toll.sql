-- Apache Flink SQL of lab_toll_vehicles.sql
-- 0 statements and 2 operators, in this order. Every view begins with ROWTIME, in UTC. An operator is the embedded
--   engine's own, run by the Python application; it makes a view of its name.

SET 'table.local-time-zone' = 'UTC';
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';

-- The source, made by the application: `SOURCE_SQL_STREAM_001` (`ROWTIME` TIMESTAMP(3), `date` VARCHAR(64),
--   `station_id` VARCHAR(16), `user` VARCHAR(16)), WATERMARK FOR `ROWTIME`; rows that are late or cannot be read
--   are in `error_stream` already.

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "VEHICLES_PER_STATION_STREAM" ("station_id" VARCHAR(10), "vehicle_count" INTEGER);
--
--   CREATE OR REPLACE PUMP "VEHICLES_PER_STATION_STREAM_PUMP" AS INSERT INTO "VEHICLES_PER_STATION_STREAM"
--   SELECT STREAM "station_id", COUNT(*) AS vehicle_count
--   FROM "SOURCE_SQL_STREAM_001"
--   GROUP BY "station_id", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
-- Note: The embedded engine's own operator, in parallelism 1: Flink gives rows of one ROWTIME in another order, and
--   a step behind this one looks at the order.
-- Operator group makes `VEHICLES_PER_STATION_STREAM` (`station_id` VARCHAR(10), `vehicle_count` INT) of
--   `SOURCE_SQL_STREAM_001`:
--   1. each row of SOURCE_SQL_STREAM_001
--   2. in windows of 10 s, for each station_id: COUNT(*); one row when the window ends, with the end as its ROWTIME
--   3. compute station_id, VEHICLE_COUNT = COUNT(*)
--   4. compute station_id = CAST(station_id AS VARCHAR(10)), vehicle_count = CAST(VEHICLE_COUNT AS INTEGER)

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "ANOMALY_SCORE_SQL_STREAM" (
--   "station_id" varchar(10),
--   "vehicle_count" integer,
--   "anomaly_score" DOUBLE);
--
--   CREATE OR REPLACE PUMP "ANOMALY_SCORE_STREAM_PUMP" AS INSERT INTO "ANOMALY_SCORE_SQL_STREAM"
--   SELECT STREAM "station_id", "vehicle_count", "ANOMALY_SCORE" FROM
--   TABLE(RANDOM_CUT_FOREST(
--   CURSOR(SELECT STREAM "station_id", "vehicle_count" FROM "VEHICLES_PER_STATION_STREAM"), 1, 10, 10, 2));
-- Note: The embedded engine's own operator, in parallelism 1: Flink SQL has no random cut forest.
-- Operator forest makes `ANOMALY_SCORE_SQL_STREAM` (`station_id` VARCHAR(10), `vehicle_count` INT, `anomaly_score`
--   DOUBLE) of `VEHICLES_PER_STATION_STREAM`:
--   1. each row of VEHICLES_PER_STATION_STREAM
--   2. compute station_id, vehicle_count
--   3. score vehicle_count with a random cut forest into ANOMALY_SCORE (1 trees, samples of 10, time decay 10,
--     shingles of 2)
--   4. compute station_id, vehicle_count, ANOMALY_SCORE
--   5. compute station_id, vehicle_count, anomaly_score = ANOMALY_SCORE

-- To be delivered: `ANOMALY_SCORE_SQL_STREAM`, `error_stream`
