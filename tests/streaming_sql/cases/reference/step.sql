-- Page: SQL Reference, "STEP" (its examples)
-- Columns: "n" INTEGER
-- Five days before 2004-09-27 the page has 2004-09-25; its own formula (steps from 1970-01-01) gives 2004-09-25 less a day,
-- which is followed. A negative number goes down, too (our reading).

CREATE OR REPLACE STREAM "S" ("by 5" INTEGER, "23" INTEGER, "30" INTEGER, "s" TIMESTAMP, "h" TIMESTAMP, "m" TIMESTAMP,
    "d" TIMESTAMP, "y" TIMESTAMP, "time" TIME, "date" DATE);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM STEP("n" BY 5), STEP(23 BY 5), STEP(30 BY 10),
    STEP(CAST('2004-09-30 13:48:23' AS TIMESTAMP) BY INTERVAL '10' SECOND),
    STEP(CAST('2004-09-30 13:48:23' AS TIMESTAMP) BY INTERVAL '2' HOUR),
    STEP(CAST('2004-09-30 13:48:23' AS TIMESTAMP) BY INTERVAL '5' MINUTE),
    STEP(CAST('2004-09-27 13:48:23' AS TIMESTAMP) BY INTERVAL '5' DAY),
    STEP(CAST('2004-09-30 13:48:23' AS TIMESTAMP) BY INTERVAL '1' YEAR),
    STEP(TIME '13:48:23' BY INTERVAL '15' MINUTE), STEP(DATE '2004-09-27' BY INTERVAL '5' DAY)
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | n
10:00:00 | 14
10:00:01 | -1
---- stream "S"
ROWTIME  | by 5 | 23 | 30 | s                       | h                       | m                       | d                       | y                       | time     | date
10:00:00 | 10   | 20 | 30 | 2004-09-30 13:48:20.000 | 2004-09-30 12:00:00.000 | 2004-09-30 13:45:00.000 | 2004-09-24 00:00:00.000 | 2004-01-01 00:00:00.000 | 13:45:00 | 2004-09-24
10:00:01 | -5   | 20 | 30 | 2004-09-30 13:48:20.000 | 2004-09-30 12:00:00.000 | 2004-09-30 13:45:00.000 | 2004-09-24 00:00:00.000 | 2004-01-01 00:00:00.000 | 13:45:00 | 2004-09-24
