-- Page: SQL Reference, "Numeric Operators"; "MOD"; "ABS"
-- Columns: "i" INTEGER, "j" INTEGER, "x" DOUBLE
-- Division of whole numbers is whole, towards zero: 7 / 2 is 3, -7 / 2 is -3; with a DOUBLE it is not. MOD has the sign of
-- the dividend: MOD(-7, 2) is -1. Multiplication goes before addition, minus before both.

CREATE OR REPLACE STREAM "S" ("whole" INTEGER, "double" DOUBLE, "mod" INTEGER, "abs" INTEGER, "order" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "i" / "j", "i" / "x", MOD("i", "j"), ABS("i"), -"i" + 2 * ("j" - 1) FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | i    | j  | x
10:00:00 | 7    | 2  | 2.0
10:00:01 | -7   | 2  | 0.5
10:00:02 | 7    | -2 | 4.0
10:00:03 | NULL | 2  | 1.0
---- stream "S"
ROWTIME  | whole | double | mod  | abs  | order
10:00:00 | 3     | 3.5    | 1    | 7    | -5
10:00:01 | -3    | -14.0  | -1   | 7    | 9
10:00:02 | -3    | 1.75   | 1    | 7    | -13
10:00:03 | NULL  | NULL   | NULL | NULL | NULL
