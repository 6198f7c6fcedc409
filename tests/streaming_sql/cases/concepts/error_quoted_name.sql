-- Page: SQL Reference, "Identifiers" ("Not found. Quoted names are case-sensitive.")
-- Columns: "COL1" VARCHAR(4)

CREATE OR REPLACE STREAM ExampleStream (col1 VARCHAR(4));
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "examplestream" SELECT STREAM * FROM SOURCE_SQL_STREAM_001;

---- error
5:53: examplestream
