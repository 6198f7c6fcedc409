-- Page: Developer Guide, "Sliding Windows" (ROWS); SQL Reference, "WINDOW Clause (Sliding Windows)"
-- Columns: "n" INTEGER
-- ROWS 2 PRECEDING is the row and the two before it, whatever their time. Two windows in one query.

CREATE OR REPLACE STREAM "S" ("n" INTEGER, "three" BIGINT, "two" BIGINT, "first" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "n", SUM("n") OVER (ROWS 2 PRECEDING), SUM("n") OVER (ROWS 1 PRECEDING),
    FIRST_VALUE("n") OVER (ROWS 2 PRECEDING)
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | n
10:00:00 | 1
10:00:00 | 2
11:00:00 | 4
12:00:00 | 8
---- stream "S"
ROWTIME  | n | three | two | first
10:00:00 | 1 | 1     | 1   | 1
10:00:00 | 2 | 3     | 3   | 1
11:00:00 | 4 | 7     | 6   | 1
12:00:00 | 8 | 14    | 12  | 2
