-- Page: SQL Reference, "MOD" ("only supports arguments of scale 0 (integers)")
-- Columns: "x" DOUBLE

CREATE OR REPLACE STREAM "S" ("x" DOUBLE);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM MOD("x", 2) FROM "SOURCE_SQL_STREAM_001";

---- error
5:61: MOD takes whole numbers, not DOUBLE
