-- Page: SQL Reference, "CAST" ("DATE to CHAR/VARCHAR", "STRING to TIME", "STRING to DATE", "TIMESTAMP to STRING", Note A)
-- Columns: "s" VARCHAR(30)
-- The page's own examples. A CHAR is filled up with blanks. Its text forbids the fraction of a second in a TIMESTAMP that
-- one of its examples has; the example is followed.

CREATE OR REPLACE STREAM "DATES" ("date" VARCHAR(10), "char" CHAR(12), "read" DATE, "stamp" TIMESTAMP, "of stamp" DATE);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "DATES"
SELECT STREAM CAST(DATE '2008-08-23' AS VARCHAR(10)), CAST(DATE '2008-08-23' AS CHAR(12)), CAST('2009-02-28' AS DATE),
    CAST(DATE '2008-08-23' AS TIMESTAMP), CAST(CAST('2007-02-19 21:23:45.0' AS TIMESTAMP) AS DATE)
FROM "SOURCE_SQL_STREAM_001";

CREATE OR REPLACE STREAM "TIMES" ("a" TIME, "b" TIME, "c" TIME, "of stamp" TIME, "text" VARCHAR(8), "stamp" VARCHAR(25));
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "TIMES"
SELECT STREAM CAST(' 21:23:45.0' AS TIME), CAST('21:23:34.11' AS TIME), CAST('21:23:34' AS TIME),
    CAST(TIMESTAMP '2007-02-19 21:25:35' AS TIME), CAST(TIME '21:23:34' AS VARCHAR(8)),
    CAST(TIMESTAMP '2007-02-19 21:25:35' AS VARCHAR(25))
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s
10:00:00 | x
---- stream "DATES"
ROWTIME  | date       | char           | read       | stamp                   | of stamp
10:00:00 | 2008-08-23 | "2008-08-23  " | 2009-02-28 | 2008-08-23 00:00:00.000 | 2007-02-19
---- stream "TIMES"
ROWTIME  | a        | b               | c        | of stamp | text     | stamp
10:00:00 | 21:23:45 | 21:23:34.110000 | 21:23:34 | 21:25:35 | 21:23:34 | 2007-02-19 21:25:35
