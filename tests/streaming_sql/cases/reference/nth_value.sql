-- Page: SQL Reference, "NTH_VALUE"
-- Columns: "n" INTEGER
-- Of the last four rows: the second, the second but from the last, and both without NULLs. Too few rows give NULL.

CREATE OR REPLACE STREAM "S" ("first" INTEGER, "last" INTEGER, "known" INTEGER, "last known" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM NTH_VALUE("n", 2) OVER w, NTH_VALUE("n", 2) FROM LAST RESPECT NULLS OVER w,
    NTH_VALUE("n", 2) FROM FIRST IGNORE NULLS OVER w, NTH_VALUE("n", 2) FROM LAST IGNORE NULLS OVER w
FROM "SOURCE_SQL_STREAM_001" WINDOW w AS (ROWS 3 PRECEDING);

---- input
ROWTIME  | n
10:00:00 | 1
10:00:01 | NULL
10:00:02 | 3
10:00:03 | 4
10:00:04 | 5
---- stream "S"
ROWTIME  | first | last | known | last known
10:00:00 | NULL  | NULL | NULL  | NULL
10:00:01 | NULL  | 1    | NULL  | NULL
10:00:02 | NULL  | NULL | 3     | 1
10:00:03 | NULL  | 3    | 3     | 3
10:00:04 | 3     | 4    | 4     | 4
