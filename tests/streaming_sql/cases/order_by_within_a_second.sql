-- Page: SQL Reference, "ORDER BY clause" (streaming ORDER BY)
-- Columns: "n" INTEGER
-- Rows of one second in order, highest first; the order is known when the second has ended.

CREATE OR REPLACE STREAM "S" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001" ORDER BY FLOOR("SOURCE_SQL_STREAM_001".ROWTIME TO SECOND), "n" DESC;

---- input
ROWTIME      | n
10:00:00.100 | 1
10:00:00.200 | 3
10:00:00.900 | 2
10:00:01     | 9
10:00:03
---- stream "S"
ROWTIME  | n
10:00:01 | 3
10:00:01 | 2
10:00:01 | 1
10:00:02 | 9
