-- Page: SQL Reference, "CAST" ("REAL to INTEGER": rounded); "Streaming SQL Operators" (its examples); "Numeric Types and Precision"
-- Columns: "x" DOUBLE, "s" VARCHAR(9)
-- CAST rounds to a whole number, halves away from zero (our reading). 5.0 / 2 is 2.500000000000 on the page: DECIMAL(2, 1)
-- by INTEGER, 10 digits, has max(6, 1 + 10 + 1) = 12 digits behind the point. 3.0 + 2 is 5.0; 5 / 2 is 2.

CREATE OR REPLACE STREAM "S" ("cast" INTEGER, "column" INTEGER, "text" INTEGER, "decimal" DECIMAL(4, 1), "written" VARCHAR(9));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM CAST("x" AS INTEGER), "x", CAST("s" AS INTEGER), CAST("s" AS DECIMAL(4, 1)), CAST("x" AS VARCHAR(9))
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "PAGE" ("a" INTEGER, "b" DECIMAL(3, 1), "c" DECIMAL(12, 1), "d" INTEGER, "e" DECIMAL(13, 12), "f" INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "PAGE"
SELECT STREAM 1 + 1, 2.0 + 2.0, 3.0 + 2, 5 / 2, 5.0 / 2, 5 * 2 + 2 FROM "SOURCE_SQL_STREAM_001" WHERE "x" > 2;
CREATE OR REPLACE STREAM "TYPES" ("product" DECIMAL(19, 4), "sum" DECIMAL(13, 3), "quotient" DECIMAL(19, 7));
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "TYPES"
SELECT STREAM CAST(12.3 AS DECIMAL(10, 1)) * CAST(4.567 AS DECIMAL(10, 3)),
    CAST(12.3 AS DECIMAL(10, 1)) + CAST(4.567 AS DECIMAL(10, 3)),
    CAST(12.3 AS DECIMAL(10, 1)) / CAST(4.567 AS DECIMAL(10, 3))
FROM "SOURCE_SQL_STREAM_001" WHERE "x" > 2;

---- input
ROWTIME  | x    | s
10:00:00 | -1.5 | " -2.5 "
10:00:01 | 1.4  | 1e2
10:00:02 | 2.5  | 7.25
---- stream "S"
ROWTIME  | cast | column | text | decimal | written
10:00:00 | -2   | -2     | -3   | -2.5    | "-1.5"
10:00:01 | 1    | 1      | 100  | 100.0   | "1.4"
10:00:02 | 3    | 3      | 7    | 7.3     | "2.5"
---- stream "PAGE"
ROWTIME  | a | b   | c   | d | e              | f
10:00:02 | 2 | 4.0 | 5.0 | 2 | 2.500000000000 | 12
---- stream "TYPES"
ROWTIME  | product | sum    | quotient
10:00:02 | 56.1741 | 16.867 | 2.6932341
