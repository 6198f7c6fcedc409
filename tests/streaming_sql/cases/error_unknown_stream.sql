-- Page: SQL Reference, "Identifiers"
-- Columns: "Page" VARCHAR(16), "PRICE" INTEGER, "two words" INTEGER
-- A stream must be created before it is read.

CREATE OR REPLACE STREAM ExampleStream (col1 VARCHAR(16), "col1" INTEGER, "a ""b""" INTEGER);
CREATE OR REPLACE PUMP "a pump" AS INSERT INTO examplestream
SELECT STREAM "Page", price, "two words" FROM source_sql_stream_001;
CREATE OR REPLACE STREAM "examplestream" (n INTEGER);
CREATE OR REPLACE PUMP "A PUMP" AS INSERT INTO "examplestream"
SELECT STREAM COL1_LENGTH FROM lengths;
---- error
10:32: unknown stream LENGTHS
