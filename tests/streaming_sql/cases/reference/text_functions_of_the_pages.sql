-- Page: SQL Reference, "SUBSTRING", "TRIM", "OVERLAY", "POSITION" (their examples)
-- Columns: "s" VARCHAR(20), "b" VARBINARY(8)
-- Written with commas, a part that begins behind the text is NULL; written with FROM, it is empty. BINARY has parts, too.

CREATE OR REPLACE STREAM "PARTS" ("a" VARCHAR(9), "b" VARCHAR(9), "c" VARCHAR(9), "d" VARCHAR(9), "e" VARCHAR(9), "f" VARCHAR(9),
    "g" VARCHAR(9), "h" VARCHAR(9), "i" VARCHAR(9), "j" VARCHAR(9), "bytes" VARBINARY(8));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "PARTS"
SELECT STREAM SUBSTRING('123456789' FROM 3 FOR 4), SUBSTRING('123456789' FROM 17 FOR 4), SUBSTRING('123456789' FROM -1 FOR 4),
    SUBSTRING('123456789' FROM 6 FOR 0), SUBSTRING('123456789' FROM 8 FOR 4), SUBSTRING('TECHNOLOGY' FROM 'L[A-Z]*'),
    SUBSTRING('TECHNOLOGY' FROM 'FOO'), SUBSTRING('123456789', 7, 4), SUBSTRING('123456789', 10, 4),
    SUBSTRING('123456789' SIMILAR '23#"456#"78' ESCAPE '#'), SUBSTRING("b" FROM 2 FOR 3)
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "TRIMMED" ("a" VARCHAR(24), "b" VARCHAR(24), "c" VARCHAR(24), "d" VARCHAR(24), "e" VARCHAR(24));
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "TRIMMED"
SELECT STREAM TRIM(' Trim front and back '), TRIM (BOTH FROM ' Trim front and back '), TRIM (LEADING 'x' FROM 'xxxTrim frontxxx'),
    TRIM (TRAILING 'x' FROM 'xxxTrimxBackxxx'), TRIM (BOTH 'y' FROM 'xxxNo y to trimxxx')
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "PLACES" ("a" INTEGER, "b" INTEGER, "c" INTEGER, "d" INTEGER, "e" VARCHAR(9), "f" VARCHAR(9));
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "PLACES"
SELECT STREAM POSITION ('findme' IN '1234findmeXXX'), POSITION ('findme' IN '1234not-hereXXX'), POSITION ('7' IN '1234567'),
    POSITION ('' IN '1234567'), OVERLAY ('12345' PLACING 'foo' FROM -2), OVERLAY ('12345' PLACING 'foo' FROM 2 FOR 9)
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s | b
10:00:00 | x | "AQIDBAU="
---- stream "PARTS"
ROWTIME  | a      | b  | c    | d  | e    | f    | g    | h     | i    | j     | bytes
10:00:00 | "3456" | "" | "12" | "" | "89" | LOGY | NULL | "789" | NULL | "456" | AgME
---- stream "TRIMMED"
ROWTIME  | a                   | b                   | c             | d            | e
10:00:00 | Trim front and back | Trim front and back | Trim frontxxx | xxxTrimxBack | xxxNo y to trimxxx
---- stream "PLACES"
ROWTIME  | a | b | c | d | e        | f
10:00:00 | 5 | 0 | 7 | 1 | foo12345 | 1foo
