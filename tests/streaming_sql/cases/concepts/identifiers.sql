-- Page: SQL Reference, "Identifiers" (ExampleStream, examplestream and EXAMPLESTREAM are one; quoted names keep their case)
-- Columns: "COL1" VARCHAR(4), "col 2" INTEGER

CREATE OR REPLACE STREAM ExampleStream (col1 VARCHAR(4), "Größe in ""m""" INTEGER);
CREATE OR REPLACE PUMP "one" AS INSERT INTO ExampleStream SELECT STREAM Col1, "col 2" FROM source_sql_stream_001;
CREATE OR REPLACE PUMP "One" AS INSERT INTO examplestream (COL1) SELECT STREAM "COL1" FROM "SOURCE_SQL_STREAM_001" WHERE "col 2" > 1;

---- input
ROWTIME  | COL1 | col 2
10:00:00 | a    | 1
10:00:01 | b    | 2
---- stream "EXAMPLESTREAM"
ROWTIME  | COL1 | Größe in "m"
10:00:00 | a    | 1
10:00:01 | b    | 2
10:00:01 | b    | NULL
