-- Page: SQL Reference, "TRIM" ("Only one trim character is allowed")
-- Columns: "s" VARCHAR(9)

CREATE OR REPLACE STREAM "S" ("s" VARCHAR(9));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM TRIM(BOTH 'xy' FROM "s") FROM "SOURCE_SQL_STREAM_001";

---- error
5:61: TRIM removes one character, not 'xy'
