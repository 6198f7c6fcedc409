-- Page: SQL Reference, "Logical Operators"; "Conditions" (three-state logic)
-- Columns: "a" INTEGER, "b" BOOLEAN
-- What is compared with NULL is unknown, and WHERE keeps only what is TRUE: neither "a" = 1 nor NOT "a" = 1 keeps a
-- NULL. FALSE AND unknown is FALSE, TRUE OR unknown is TRUE.

CREATE OR REPLACE STREAM "S" ("why" VARCHAR(16), "a" INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S" SELECT STREAM 'equal', "a" FROM "SOURCE_SQL_STREAM_001" WHERE "a" = 1;
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "S" SELECT STREAM 'not equal', "a" FROM "SOURCE_SQL_STREAM_001"
    WHERE NOT "a" = 1;
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "S" SELECT STREAM 'null', "a" FROM "SOURCE_SQL_STREAM_001" WHERE "a" IS NULL;
CREATE OR REPLACE PUMP "P4" AS INSERT INTO "S" SELECT STREAM 'or', "a" FROM "SOURCE_SQL_STREAM_001"
    WHERE "a" = 1 OR "b";
CREATE OR REPLACE PUMP "P5" AS INSERT INTO "S" SELECT STREAM 'not and', "a" FROM "SOURCE_SQL_STREAM_001"
    WHERE NOT ("a" = 1 AND "b");
CREATE OR REPLACE PUMP "P6" AS INSERT INTO "S" SELECT STREAM 'not in', "a" FROM "SOURCE_SQL_STREAM_001"
    WHERE NOT "a" IN (1, NULL);
CREATE OR REPLACE PUMP "P7" AS INSERT INTO "S" SELECT STREAM 'b unknown', "a" FROM "SOURCE_SQL_STREAM_001"
    WHERE "b" IS NOT TRUE;

---- input
ROWTIME  | a    | b
10:00:01 | 1    | NULL
10:00:02 | 2    | false
10:00:03 | NULL | true
10:00:04 | NULL | false
---- stream "S"
ROWTIME  | why       | a
10:00:01 | equal     | 1
10:00:01 | or        | 1
10:00:01 | b unknown | 1
10:00:02 | not equal | 2
10:00:02 | not and   | 2
10:00:02 | b unknown | 2
10:00:03 | null      | NULL
10:00:03 | or        | NULL
10:00:04 | null      | NULL
10:00:04 | not and   | NULL
10:00:04 | b unknown | NULL
