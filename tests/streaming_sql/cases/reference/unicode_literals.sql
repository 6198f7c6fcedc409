-- Page: SQL Reference, "Expressions and Literals" (unicode character literals); "VARIABLE_COLUMN_LOG_PARSE" (a tab as delimiter)
-- Columns: "line" VARCHAR(30)

CREATE OR REPLACE STREAM "S" ("quote" VARCHAR(9), "slash" VARCHAR(12), "tabs" INTEGER, "other" VARCHAR(4), "second" VARCHAR(9));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM u&'can''t', u&'back\\slash', POSITION(u&'\0009' IN t."line"), U&'!0041!!' UESCAPE '!', t.r.COLUMN2
FROM (SELECT STREAM "line", VARIABLE_COLUMN_LOG_PARSE("line", 2, u&'\0009') AS r FROM "SOURCE_SQL_STREAM_001") AS t;

---- input
ROWTIME  | line
10:00:00 | "one\ttwo"
---- stream "S"
ROWTIME  | quote | slash        | tabs | other | second
10:00:00 | can't | "back\\slash" | 4    | A!    | two
