-- Page: SQL Reference, "CAST" ("does not support directly casting numeric values to interval values")
-- Columns: "n" INTEGER

CREATE OR REPLACE STREAM "S" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001" WHERE CAST("n" AS INTERVAL SECOND) > INTERVAL '1' SECOND;

---- error
6:54: INTEGER cannot be converted to INTERVAL SECOND
