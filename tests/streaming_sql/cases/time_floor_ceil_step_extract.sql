-- Page: SQL Reference, "FLOOR / CEIL (date-time)"; "STEP"; "EXTRACT"
-- Columns: "t" TIMESTAMP
-- The reference's own moment, 2004-09-30 13:48:23: to the hour below it is 13:00:00, above 14:00:00; to a step of 10 seconds
-- 13:48:20, of 2 hours 12:00:00.

CREATE OR REPLACE STREAM "S" (
    "hour" TIMESTAMP, "up" TIMESTAMP, "year" TIMESTAMP, "ten" TIMESTAMP, "two" TIMESTAMP, "month" BIGINT, "second" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM FLOOR("t" TO HOUR), CEIL("t" TO HOUR), FLOOR("t" TO YEAR),
    STEP("t" BY INTERVAL '10' SECOND), STEP("t" BY INTERVAL '2' HOUR), EXTRACT(MONTH FROM "t"), EXTRACT(SECOND FROM "t")
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | t
10:00:00 | 2004-09-30 13:48:23
10:00:01 | 2004-09-30 14:00:00
---- stream "S"
ROWTIME  | hour                    | up                      | year                    | ten                     | two                     | month | second
10:00:00 | 2004-09-30 13:00:00.000 | 2004-09-30 14:00:00.000 | 2004-01-01 00:00:00.000 | 2004-09-30 13:48:20.000 | 2004-09-30 12:00:00.000 | 9     | 23
10:00:01 | 2004-09-30 14:00:00.000 | 2004-09-30 14:00:00.000 | 2004-01-01 00:00:00.000 | 2004-09-30 14:00:00.000 | 2004-09-30 14:00:00.000 | 9     | 0
