-- Page: SQL Reference, "FIXED_COLUMN_LOG_PARSE", "FAST_REGEX_LOG_PARSER"
-- Columns: "line" VARCHAR(40)
-- Fixed columns are counted from 0. The fast parser takes as little as it can: the first group ends at the first underscore.
-- (The page's own examples of it contradict each other, so none of them is here.)

CREATE OR REPLACE STREAM "FIXED" ("code" VARCHAR(3), "n" INTEGER, "rest" VARCHAR(20));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "FIXED"
SELECT STREAM t.r.CODE, t.r.N, t.r."rest"
FROM (SELECT STREAM FIXED_COLUMN_LOG_PARSE("line",
    'CODE TYPE VARCHAR(3) START 0 FOR 3, N TYPE INTEGER START 4 FOR 3, "rest" TYPE VARCHAR(20) START 8') AS r
    FROM "SOURCE_SQL_STREAM_001") AS t;
CREATE OR REPLACE STREAM "FAST" ("first" VARCHAR(20), "second" VARCHAR(20));
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "FAST"
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2
FROM (SELECT STREAM FAST_REGEX_LOG_PARSE("line", '(.*)_(.*)') AS r FROM "SOURCE_SQL_STREAM_001") AS t;

---- input
ROWTIME  | line
10:00:00 | "GET 200 a_b_c"
10:00:01 | "PUT  42 none"
---- stream "FIXED"
ROWTIME  | code | n   | rest
10:00:00 | GET  | 200 | a_b_c
10:00:01 | PUT  | 42  | none
---- stream "FAST"
ROWTIME  | first     | second
10:00:00 | GET 200 a | b_c
10:00:01 | NULL      | NULL
