-- Page: SQL Reference, "Identifiers" (its INSERT … SELECT without STREAM)
-- Columns: "n" INTEGER
-- STREAM may be left out of a pump's SELECT, also in a union and below.

CREATE OR REPLACE STREAM ExampleStream (col1 VARCHAR(4));
CREATE OR REPLACE PUMP "P" AS INSERT INTO ExampleStream SELECT customerid FROM (
    SELECT CAST("n" AS VARCHAR(4)) AS customerid FROM "SOURCE_SQL_STREAM_001" UNION ALL
    SELECT STREAM 'x' FROM "SOURCE_SQL_STREAM_001") AS t;

---- input
ROWTIME  | n
10:00:00 | 7
---- stream "EXAMPLESTREAM"
ROWTIME  | COL1
10:00:00 | "7"
10:00:00 | x
