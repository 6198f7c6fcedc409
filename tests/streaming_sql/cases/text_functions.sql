-- Page: SQL Reference, "UPPER", "LOWER", "TRIM", "POSITION"; "Operators" (||, LIKE)
-- Columns: "s" VARCHAR(16), "needle" VARCHAR(8)
-- POSITION counts from 1 and is 0 where there is none. TRIM takes off blanks, or the character given, at the side given. In
-- LIKE, % is any text and _ any character, unless escaped.

CREATE OR REPLACE STREAM "S" (
    "upper" VARCHAR(16), "lower" VARCHAR(16), "trim" VARCHAR(16), "x" VARCHAR(16), "at" INTEGER, "both" VARCHAR(32),
    "like" BOOLEAN, "percent" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM UPPER("s"), LOWER("s"), TRIM("s"), TRIM(LEADING 'x' FROM "s"), POSITION("needle" IN "s"),
    "s" || '/' || "needle", "s" LIKE 'x%_y', "s" LIKE '%!%%' ESCAPE '!'
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s         | needle
10:00:00 | xxAbyy    | by
10:00:01 | " Ab "    | z
10:00:02 | "xy 50%"  | " "
10:00:03 | NULL      | z
---- stream "S"
ROWTIME  | upper    | lower    | trim   | x      | at   | both       | like  | percent
10:00:00 | XXABYY   | xxabyy   | xxAbyy | Abyy   | 4    | xxAbyy/by  | true  | false
10:00:01 | " AB "   | " ab "   | Ab     | " Ab " | 0    | " Ab /z"   | false | false
10:00:02 | "XY 50%" | "xy 50%" | xy 50% | y 50%  | 3    | "xy 50%/ " | false | true
10:00:03 | NULL     | NULL     | NULL   | NULL   | NULL | NULL       | NULL  | NULL
