-- Page: SQL Reference, "EXTRACT" (its examples)
-- Columns: "t" TIMESTAMP
-- SECOND is a DECIMAL(5, 3) with the milliseconds, every other unit a BIGINT.

CREATE OR REPLACE STREAM "S" ("day" BIGINT, "hour" BIGINT, "minute" BIGINT, "second" DECIMAL(5, 3),
    "of t" BIGINT, "hour of t" BIGINT, "second of t" DECIMAL(5, 3), "year of now" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM EXTRACT(DAY FROM INTERVAL '2 3:4:5.678' DAY TO SECOND), EXTRACT(HOUR FROM INTERVAL '2 3:4:5.678' DAY TO SECOND),
    EXTRACT(MINUTE FROM INTERVAL '2 3:4:5.678' DAY TO SECOND), EXTRACT(SECOND FROM INTERVAL '2 3:4:5.678' DAY TO SECOND),
    EXTRACT(MINUTE FROM "t"), EXTRACT (HOUR FROM "t"), EXTRACT(SECOND FROM "t"), EXTRACT(YEAR FROM CURRENT_ROW_TIMESTAMP)
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | t
10:00:00 | 2016-09-23 04:29:26.234
---- stream "S"
ROWTIME  | day | hour | minute | second | of t | hour of t | second of t | year of now
10:00:00 | 2   | 3    | 4      | 5.678  | 29   | 4         | 26.234      | 2026
