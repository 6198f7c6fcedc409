-- Page: SQL Reference, "ABS", "EXP", "MOD", "POWER", "NULLIF" (their examples)
-- Columns: "n" INTEGER

CREATE OR REPLACE STREAM "S" ("abs" DECIMAL(2, 1), "abs 2" INTEGER, "exp" DOUBLE, "exp 0" DOUBLE, "exp 2.5" DOUBLE,
    "mod" INTEGER, "mod 2" INTEGER, "mod 3" INTEGER, "mod 4" INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM ABS(-1.0), ABS(-3 * 3), EXP(1), EXP(0), EXP(2.5), MOD(4, 2), MOD(5, 3), MOD(-4, 3), MOD(5, 12)
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "T" ("9" DOUBLE, "-8" DOUBLE, "1/16" DOUBLE, "324" DOUBLE, "4" INTEGER, "null" INTEGER,
    "amy" VARCHAR(4), "amy too" VARCHAR(4), "null too" VARCHAR(4));
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "T"
SELECT STREAM POWER(3, 2), POWER(-2, 3), POWER(4, -2), POWER(10.1, 2.5), NULLIF(4, 2), NULLIF(4, 4),
    NULLIF('amy', 'fred'), NULLIF('amy', CAST(NULL AS VARCHAR(3))), NULLIF(CAST(NULL AS VARCHAR(3)), 'fred')
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "U" ("x" DOUBLE);
CREATE OR REPLACE PUMP "zero to a negative" AS INSERT INTO "U" SELECT STREAM POWER("n", -1) FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE PUMP "a root of a negative" AS INSERT INTO "U"
SELECT STREAM POWER("n" - 2, 0.5) FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE PUMP "by zero" AS INSERT INTO "U" SELECT STREAM MOD(1, "n") FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | n
10:00:00 | 0
---- stream "S"
ROWTIME  | abs | abs 2 | exp                | exp 0 | exp 2.5            | mod | mod 2 | mod 3 | mod 4
10:00:00 | 1.0 | 9     | 2.7182818284590455 | 1.0   | 12.182493960703473 | 0   | 2     | -1    | 5
---- stream "T"
ROWTIME  | 9   | -8   | 1/16   | 324                | 4 | null | amy | amy too | null too
10:00:00 | 9.0 | -8.0 | 0.0625 | 324.19285157140644 | 4 | NULL | amy | amy     | NULL
---- stream "U"
ROWTIME | x
---- stream "error_stream"
ROWTIME  | ERROR_NAME       | PUMP_NAME
10:00:00 | Invalid argument | zero to a negative
10:00:00 | Invalid argument | a root of a negative
10:00:00 | Division by zero | by zero
