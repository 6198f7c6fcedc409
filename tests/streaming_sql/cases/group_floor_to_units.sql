-- Page: SQL Reference, "GROUP BY clause"; "FLOOR / CEIL (date-time)"
-- Columns: "n" INTEGER
-- FLOOR(ROWTIME TO unit) holds a unit of the calendar together. One row of each window, at its end. Windows that end
-- together give their rows in the order of their pumps.

CREATE OR REPLACE STREAM "S" ("unit" VARCHAR(8), "total" BIGINT);
CREATE OR REPLACE PUMP "SECONDS" AS INSERT INTO "S"
    SELECT STREAM 'second', SUM("n") FROM "SOURCE_SQL_STREAM_001" GROUP BY FLOOR(ROWTIME TO SECOND);
CREATE OR REPLACE PUMP "HOURS" AS INSERT INTO "S"
    SELECT STREAM 'hour', SUM("n") FROM "SOURCE_SQL_STREAM_001" GROUP BY FLOOR(ROWTIME TO HOUR);
CREATE OR REPLACE PUMP "DAYS" AS INSERT INTO "S"
    SELECT STREAM 'day', SUM("n") FROM "SOURCE_SQL_STREAM_001" GROUP BY FLOOR(ROWTIME TO DAY);

---- input
ROWTIME                 | n
2026-01-05 22:59:59.500 | 1
2026-01-05 22:59:59.999 | 2
2026-01-05 23:30:00     | 4
2026-01-06 00:00:00
---- stream "S"
ROWTIME             | unit   | total
2026-01-05 23:00:00 | second | 3
2026-01-05 23:00:00 | hour   | 3
2026-01-05 23:30:01 | second | 4
2026-01-06 00:00:00 | hour   | 4
2026-01-06 00:00:00 | day    | 7
