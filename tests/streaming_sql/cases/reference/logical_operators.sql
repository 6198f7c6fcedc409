-- Page: SQL Reference, "Logical Operators" (its tables)
-- Columns: "x" BOOLEAN, "y" BOOLEAN
-- UNKNOWN is a NULL of type BOOLEAN.

CREATE OR REPLACE STREAM "S" ("not" BOOLEAN, "and" BOOLEAN, "or" BOOLEAN, "unknown" BOOLEAN, "known" BOOLEAN,
    "true" BOOLEAN, "not false" BOOLEAN, "distinct" BOOLEAN, "same" BOOLEAN);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM NOT "x", "x" AND "y", "x" OR "y", "x" IS UNKNOWN, "x" IS NOT UNKNOWN, "x" IS TRUE, "x" IS NOT FALSE,
    "x" IS DISTINCT FROM "y", "x" IS NOT DISTINCT FROM "y"
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "T" ("a" BOOLEAN, "b" BOOLEAN, "c" BOOLEAN, "d" BOOLEAN, "e" BOOLEAN, "f" BOOLEAN, "g" BOOLEAN, "h" BOOLEAN);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "T"
SELECT STREAM 'foo' = 'bar', 'foo' != 'bar', 3 BETWEEN 1 AND 5, 1 BETWEEN 3 AND 5, 3 BETWEEN 3 AND 5,
    1 IS DISTINCT FROM 1.0, CAST(NULL AS INTEGER) IS NOT DISTINCT FROM CAST(NULL AS INTEGER), 'foo' <= 'bar'
FROM "SOURCE_SQL_STREAM_001" WHERE "x" AND "y";

---- input
ROWTIME  | x     | y
10:00:00 | true  | true
10:00:01 | true  | false
10:00:02 | true  | NULL
10:00:03 | false | false
10:00:04 | false | NULL
10:00:05 | NULL  | NULL
---- stream "S"
ROWTIME  | not   | and   | or    | unknown | known | true  | not false | distinct | same
10:00:00 | false | true  | true  | false   | true  | true  | true      | false    | true
10:00:01 | false | false | true  | false   | true  | true  | true      | true     | false
10:00:02 | false | NULL  | true  | false   | true  | true  | true      | true     | false
10:00:03 | true  | false | false | false   | true  | false | false     | false    | true
10:00:04 | true  | false | NULL  | false   | true  | false | false     | true     | false
10:00:05 | NULL  | NULL  | NULL  | true    | false | false | true      | false    | true
---- stream "T"
ROWTIME  | a     | b    | c    | d     | e    | f     | g    | h
10:00:00 | false | true | true | false | true | false | true | false
