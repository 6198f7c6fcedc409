-- Page: SQL Reference, "Group Rank" ("Uses any column with a basic SQL data type of INTEGER, CHAR, VARCHAR")
-- Columns: "x" DOUBLE

CREATE OR REPLACE STREAM "S" ("x" DOUBLE, "r" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM * FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM "x" FROM "SOURCE_SQL_STREAM_001"), 'x', 'r', 'asc', 'asc', 0, 0));

---- error
6:95: x is DOUBLE
