-- Page: SQL Reference, "String Operators" (its table of LIKE)
-- Columns: "s" VARCHAR(8), "pattern" VARCHAR(8)

CREATE OR REPLACE STREAM "S" ("like" BOOLEAN, "escaped" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "s" LIKE "pattern", "s" LIKE "pattern" ESCAPE '\' FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s       | pattern
10:00:00 | a       | a
10:00:01 | a       | A
10:00:02 | ab      | a_
10:00:03 | ab      | a%
10:00:04 | ab      | a\_
10:00:05 | ab      | a\%
10:00:06 | a_      | a\_
10:00:07 | a%      | a\%
10:00:08 | a       | a_
10:00:09 | a       | a%
10:00:10 | abcd    | a_
10:00:11 | abcd    | a%
10:00:12 | ""      | ""
10:00:13 | 1a      | _a
10:00:14 | 123aXYZ | %a%
10:00:15 | 123aXYZ | _%_a%_
10:00:16 | a       | NULL
---- stream "S"
ROWTIME  | like  | escaped
10:00:00 | true  | true
10:00:01 | false | false
10:00:02 | true  | true
10:00:03 | true  | true
10:00:04 | false | false
10:00:05 | false | false
10:00:06 | false | true
10:00:07 | false | true
10:00:08 | false | false
10:00:09 | true  | true
10:00:10 | false | false
10:00:11 | true  | true
10:00:12 | true  | true
10:00:13 | true  | true
10:00:14 | true  | true
10:00:15 | true  | true
10:00:16 | NULL  | NULL
