-- Page: SQL Reference, "SUBSTRING" (its table of examples); "CHAR_LENGTH / CHARACTER_LENGTH"
-- Columns: "s" VARCHAR(16), "start" INTEGER, "length" INTEGER
-- The reference's own examples on '123456789': FROM 3 FOR 4 is 3456, FROM 17 FOR 4 is empty, FROM -1 FOR 4 is 12, FROM 6
-- FOR 0 is empty, FROM 8 FOR 4 is 89. Written with a comma, what begins behind the text is NULL.

CREATE OR REPLACE STREAM "S" ("part" VARCHAR(16), "rest" VARCHAR(16), "length" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM SUBSTRING("s" FROM "start" FOR "length"), SUBSTRING("s", "start"), CHAR_LENGTH("s")
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s           | start | length
10:00:00 | "123456789" | 3     | 4
10:00:01 | "123456789" | 17    | 4
10:00:02 | "123456789" | -1    | 4
10:00:03 | "123456789" | 6     | 0
10:00:04 | "123456789" | 8     | 4
10:00:05 | NULL        | 8     | 4
---- stream "S"
ROWTIME  | part   | rest        | length
10:00:00 | "3456" | "3456789"   | 9
10:00:01 | ""     | NULL        | 9
10:00:02 | "12"   | "123456789" | 9
10:00:03 | ""     | "6789"      | 9
10:00:04 | "89"   | "89"        | 9
10:00:05 | NULL   | NULL        | NULL
