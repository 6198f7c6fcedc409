-- Page: SQL Reference, "Date, Timestamp, and Interval Operators" (its table of examples, without the year-month one)
-- Columns: "t" TIMESTAMP
-- 1: 1 day + 3 days is 4 days; 2: + 3 days 4 hours is +4 04; 3: 1 day less that is -2 04; 5: twice 3 days 4 hours is 6 8;
-- 6: half of it is 1 14. DATE and TIME take intervals, too; a TIME goes round the clock (our reading).

CREATE OR REPLACE STREAM "S" ("1" VARCHAR(9), "2" VARCHAR(9), "3" VARCHAR(9), "5" VARCHAR(9), "6" VARCHAR(9),
    "half" VARCHAR(9), "text" VARCHAR(12));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM CAST(INTERVAL '1' DAY + INTERVAL '3' DAY AS VARCHAR(9)),
    CAST(INTERVAL '1' DAY + INTERVAL '3 4' DAY TO HOUR AS VARCHAR(9)),
    CAST(INTERVAL '1' DAY - INTERVAL '3 4' DAY TO HOUR AS VARCHAR(9)),
    CAST(2 * INTERVAL '3 4' DAY TO HOUR AS VARCHAR(9)), CAST(INTERVAL '3 4' DAY TO HOUR / 2 AS VARCHAR(9)),
    CAST(INTERVAL '10' SECOND * 0.5 AS VARCHAR(9)), CAST(CAST('2 00:06:11' AS INTERVAL DAY TO SECOND) AS VARCHAR(12))
FROM "SOURCE_SQL_STREAM_001";

CREATE OR REPLACE STREAM "MOMENTS" ("date" DATE, "time" TIME, "stamp" TIMESTAMP, "late" TIMESTAMP);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "MOMENTS"
SELECT STREAM CAST("t" AS DATE) + INTERVAL '1' DAY, CAST("t" AS TIME) + INTERVAL '2' HOUR, INTERVAL '1' HOUR + "t",
    "t" - INTERVAL '0 00:00:00.001' DAY TO SECOND
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | t
10:00:00 | 2004-09-30 23:30:00
---- stream "S"
ROWTIME  | 1    | 2       | 3       | 5       | 6       | half | text
10:00:00 | "+4" | "+4 04" | "-2 04" | "+6 08" | "+1 14" | "+5" | "+2 00:06:11"
---- stream "MOMENTS"
ROWTIME  | date       | time     | stamp                   | late
10:00:00 | 2004-10-01 | 01:30:00 | 2004-10-01 00:30:00.000 | 2004-09-30 23:29:59.999
