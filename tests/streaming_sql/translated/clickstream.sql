-- Apache Flink SQL of anomaly_detection.sql
-- 6 statements and 2 operators, in this order. Every view begins with ROWTIME, in UTC. An operator is the embedded
--   engine's own, run by the Python application; it makes a view of its name.

SET 'table.local-time-zone' = 'UTC';
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';

-- The source, made by the application: `SOURCE_SQL_STREAM_001` (`ROWTIME` TIMESTAMP(3), `browseraction`
--   VARCHAR(16), `site` VARCHAR(32)), WATERMARK FOR `ROWTIME`; rows that are late or cannot be read are in
--   `error_stream` already.

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "CLICKSTREAM" (
--      "CLICKCOUNT" DOUBLE
--   );
--
--   CREATE OR REPLACE PUMP "CLICKPUMP" AS
--   INSERT INTO "CLICKSTREAM" ("CLICKCOUNT")
--   SELECT STREAM COUNT(*)
--   FROM "SOURCE_SQL_STREAM_001"
--   WHERE "browseraction" = 'Click'
--   GROUP BY FLOOR(
--     ("SOURCE_SQL_STREAM_001".ROWTIME - TIMESTAMP '1970-01-01 00:00:00')
--       SECOND / 10 TO SECOND
--   );
-- Note: Flink gives a window's rows the time window_end - 1 ms; ROWTIME is the window's end here, as in the
--   service, and EVENT_TIME is what Flink goes by. A window ends when the watermark passes it, not when a clock
--   does.
CREATE TEMPORARY VIEW `CLICKSTREAM` AS
SELECT
  window_end AS `ROWTIME`,
  CAST(COUNT(*) AS DOUBLE) AS `CLICKCOUNT`,
  window_time AS `EVENT_TIME`
FROM TABLE(TUMBLE(TABLE `SOURCE_SQL_STREAM_001`, DESCRIPTOR(`ROWTIME`), INTERVAL '10' SECOND))
WHERE `browseraction` = 'Click'
GROUP BY window_start, window_end, window_time;

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "IMPRESSIONSTREAM" (
--      "IMPRESSIONCOUNT" DOUBLE
--   );
--
--   CREATE OR REPLACE PUMP "IMPRESSIONPUMP" AS
--   INSERT INTO "IMPRESSIONSTREAM" ("IMPRESSIONCOUNT")
--   SELECT STREAM COUNT(*)
--   FROM "SOURCE_SQL_STREAM_001"
--   WHERE "browseraction" = 'Impression'
--   GROUP BY FLOOR(
--     ("SOURCE_SQL_STREAM_001".ROWTIME - TIMESTAMP '1970-01-01 00:00:00')
--       SECOND / 10 TO SECOND
--   );
-- Note: Flink gives a window's rows the time window_end - 1 ms; ROWTIME is the window's end here, as in the
--   service, and EVENT_TIME is what Flink goes by. A window ends when the watermark passes it, not when a clock
--   does.
CREATE TEMPORARY VIEW `IMPRESSIONSTREAM` AS
SELECT
  window_end AS `ROWTIME`,
  CAST(COUNT(*) AS DOUBLE) AS `IMPRESSIONCOUNT`,
  window_time AS `EVENT_TIME`
FROM TABLE(TUMBLE(TABLE `SOURCE_SQL_STREAM_001`, DESCRIPTOR(`ROWTIME`), INTERVAL '10' SECOND))
WHERE `browseraction` = 'Impression'
GROUP BY window_start, window_end, window_time;

-- -----------------------------------------------------------------------------------------------------------------
-- Note: Rows of one ROWTIME meet; a row without a partner waits until the watermark has passed it, and gives
--   nothing.
CREATE TEMPORARY VIEW `CTRPUMP#1` AS
SELECT
  l.`ROWTIME` AS `ROWTIME`,
  l.`ROWTIME` AS `ROWTIME_1`,
  l.`IMPRESSIONCOUNT` AS `IMPRESSIONCOUNT`,
  l.`ROWTIME` AS `ROWTIME_3`,
  r.`CLICKCOUNT` AS `CLICKCOUNT`,
  l.`EVENT_TIME` AS `EVENT_TIME`
FROM `IMPRESSIONSTREAM` AS l
JOIN `CLICKSTREAM` AS r
  ON l.`EVENT_TIME` = r.`EVENT_TIME`;

-- -----------------------------------------------------------------------------------------------------------------
-- Note: The rows whose values Flink would compute otherwise, or not at all.
CREATE TEMPORARY VIEW `CTRSTREAM#left` AS
SELECT
  `ROWTIME`,
  `ROWTIME_1`,
  `IMPRESSIONCOUNT`,
  `ROWTIME_3`,
  `CLICKCOUNT`,
  `EVENT_TIME`
FROM `CTRPUMP#1`
WHERE NOT ((ABS(`CLICKCOUNT` / `IMPRESSIONCOUNT`) <= 1.7976931348623157E308) IS NOT FALSE AND (ABS((`CLICKCOUNT` / `IMPRESSIONCOUNT`) * 100.0E0) <= 1.7976931348623157E308) IS NOT FALSE);

-- -----------------------------------------------------------------------------------------------------------------
-- Note: The embedded engine's own operator, in parallelism 1: what overflows, is divided by zero or is no number is
--   computed, or reported, as in the service.
-- Operator project makes `CTRSTREAM#engine` (`CTR` DOUBLE) of `CTRSTREAM#left`:
--   1. each row of CTRSTREAM#left
--   2. compute CTR = ((CLICKCOUNT / IMPRESSIONCOUNT) * 100.000)

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "CTRSTREAM" (
--     "CTR" DOUBLE
--   );
--
--   CREATE OR REPLACE PUMP "CTRPUMP" AS
--   INSERT INTO "CTRSTREAM" ("CTR")
--   SELECT STREAM "CLICKCOUNT" / "IMPRESSIONCOUNT" * 100.000 as "CTR"
--   FROM "IMPRESSIONSTREAM",
--     "CLICKSTREAM"
--   WHERE "IMPRESSIONSTREAM".ROWTIME = "CLICKSTREAM".ROWTIME;
-- Note: Rows that Flink would not compute as the service did (see `#left`) go through the engine's own operator.
CREATE TEMPORARY VIEW `CTRSTREAM` AS
SELECT
  `ROWTIME`,
  ((`CLICKCOUNT` / `IMPRESSIONCOUNT`) * 100.0E0) AS `CTR`
FROM `CTRPUMP#1`
WHERE (ABS(`CLICKCOUNT` / `IMPRESSIONCOUNT`) <= 1.7976931348623157E308) IS NOT FALSE
  AND (ABS((`CLICKCOUNT` / `IMPRESSIONCOUNT`) * 100.0E0) <= 1.7976931348623157E308) IS NOT FALSE
UNION ALL
SELECT
  CAST(`ROWTIME` AS TIMESTAMP(3)) AS `ROWTIME`,
  `CTR`
FROM `CTRSTREAM#engine`;

-- -----------------------------------------------------------------------------------------------------------------
-- Note: The embedded engine's own operator, in parallelism 1: Flink SQL has no random cut forest.
-- Operator forest makes `OUTPUT_PUMP#1` (`CTR` DOUBLE, `ANOMALY_SCORE` DOUBLE) of `CTRSTREAM`:
--   1. each row of CTRSTREAM
--   2. compute CTR
--   3. score CTR with a random cut forest into ANOMALY_SCORE (100 trees, samples of 12, time decay 100000, shingles
--     of 1)

-- -----------------------------------------------------------------------------------------------------------------
-- Kinesis:
--   CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
--       "CTRPERCENT" DOUBLE,
--       "ANOMALY_SCORE" DOUBLE
--   );
--
--   CREATE OR REPLACE PUMP "OUTPUT_PUMP" AS
--   INSERT INTO "DESTINATION_SQL_STREAM"
--   SELECT STREAM * FROM
--   TABLE (RANDOM_CUT_FOREST(
--                CURSOR(SELECT STREAM "CTR" FROM "CTRSTREAM"), --inputStream
--                100, --numberOfTrees (default)
--                12, --subSampleSize
--                100000, --timeDecay (default)
--                1) --shingleSize (default)
--   )
--   WHERE ANOMALY_SCORE > 2;
CREATE TEMPORARY VIEW `DESTINATION_SQL_STREAM` AS
SELECT
  `ROWTIME`,
  `CTR` AS `CTRPERCENT`,
  `ANOMALY_SCORE`
FROM `OUTPUT_PUMP#1`
WHERE `ANOMALY_SCORE` > 2.0E0;

-- To be delivered: `DESTINATION_SQL_STREAM`, `error_stream`
