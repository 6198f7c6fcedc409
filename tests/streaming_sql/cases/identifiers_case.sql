-- Page: SQL Reference, "Identifiers"
-- Columns: "Page" VARCHAR(16), "PRICE" INTEGER, "two words" INTEGER
-- Unquoted names are upper-cased, when stored and when looked up: ExampleStream, examplestream and "EXAMPLESTREAM" are
-- one stream. Quoted names keep their case, and may hold blanks and, doubled, double quotes.

CREATE OR REPLACE STREAM ExampleStream (col1 VARCHAR(16), "col1" INTEGER, "a ""b""" INTEGER);
CREATE OR REPLACE PUMP "a pump" AS INSERT INTO examplestream
SELECT STREAM "Page", price, "two words" FROM source_sql_stream_001;
CREATE OR REPLACE STREAM "examplestream" (n INTEGER);
CREATE OR REPLACE PUMP "A PUMP" AS INSERT INTO "examplestream"
SELECT STREAM CHAR_LENGTH(COL1) + "EXAMPLESTREAM"."col1" FROM EXAMPLESTREAM;

---- input
ROWTIME  | Page  | PRICE | two words
10:00:00 | /shop | 7     | 3
---- stream "EXAMPLESTREAM"
ROWTIME  | COL1  | col1 | a "b"
10:00:00 | /shop | 7    | 3
---- stream "examplestream"
ROWTIME  | N
10:00:00 | 12
