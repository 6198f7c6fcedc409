-- Page: SQL Reference, "AVG", "SUM" ("Usage Notes": NULLs are ignored), "Analytic Functions", "GROUP BY clause" (NULL is equal to itself)
-- Columns: "k" VARCHAR(4), "n" INTEGER
-- AVG(1, null, 2, null, 3, null) is 2, SUM is 6; of NULLs only both are NULL, and COUNT is 0.

CREATE OR REPLACE STREAM "GROUPS" ("k" VARCHAR(4), "avg" INTEGER, "sum" BIGINT, "count" BIGINT, "rows" BIGINT);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "GROUPS"
SELECT STREAM "k", AVG("n"), SUM("n"), COUNT("n"), COUNT(*) FROM "SOURCE_SQL_STREAM_001"
GROUP BY "k", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '1' MINUTE);
CREATE OR REPLACE STREAM "SLIDING" ("avg" INTEGER, "sum" BIGINT, "count" BIGINT, "first" INTEGER, "first known" INTEGER,
    "last" INTEGER, "last known" INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "SLIDING"
SELECT STREAM AVG("n") OVER w, SUM("n") OVER w, COUNT("n") OVER w, FIRST_VALUE("n") OVER w, FIRST_VALUE("n") IGNORE NULLS OVER w,
    LAST_VALUE("n") RESPECT NULLS OVER w, LAST_VALUE("n") IGNORE NULLS OVER w
FROM "SOURCE_SQL_STREAM_001" WINDOW w AS (PARTITION BY "k" ROWS 5 PRECEDING);

---- input
ROWTIME  | k    | n
10:00:00 | NULL | NULL
10:00:01 | NULL | 1
10:00:02 | NULL | 2
10:00:03 | NULL | NULL
10:00:04 | NULL | 3
10:00:05 | b    | NULL
10:01:00
---- stream "GROUPS"
ROWTIME  | k    | avg  | sum  | count | rows
10:01:00 | NULL | 2    | 6    | 3     | 5
10:01:00 | b    | NULL | NULL | 0     | 1
---- stream "SLIDING"
ROWTIME  | avg  | sum  | count | first | first known | last | last known
10:00:00 | NULL | NULL | 0     | NULL  | NULL        | NULL | NULL
10:00:01 | 1    | 1    | 1     | NULL  | 1           | 1    | 1
10:00:02 | 1    | 3    | 2     | NULL  | 1           | 2    | 2
10:00:03 | 1    | 3    | 2     | NULL  | 1           | NULL | 2
10:00:04 | 2    | 6    | 3     | NULL  | 1           | 3    | 3
10:00:05 | NULL | NULL | 0     | NULL  | NULL        | NULL | NULL
