-- Page: SQL Reference, "Data Types" (CHAR), "CAST" ("blank-padded on the right (because of the semantics of the CHAR datatype)")
-- Columns: "c" CHAR(4), "v" VARCHAR(4)
-- A CHAR has all its characters; it is compared without the blanks at its end, as SQL:2008 has it. A VARCHAR keeps them.

CREATE OR REPLACE STREAM "S" ("length" INTEGER, "joined" VARCHAR(5), "equal" BOOLEAN, "in" BOOLEAN, "less" BOOLEAN, "varchar" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CHAR_LENGTH("c"), "c" || '!', "c" = "v", "c" IN ('ab', 'x'), "c" < "v", "v" || ' ' = "v" FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | c      | v
10:00:00 | ab     | ab
10:00:01 | abcdef | abc
10:00:02 | NULL   | ab
---- stream "S"
ROWTIME  | length | joined  | equal | in    | less  | varchar
10:00:00 | 4      | "ab  !" | true  | true  | false | false
10:00:01 | 4      | "abcd!" | false | false | false | false
10:00:02 | NULL   | NULL    | NULL  | NULL  | NULL  | false
