-- Page: SQL Reference, "CAST" ("CAST for intervals requires that the INTERVAL operand have only one field in it")
-- Columns: "t" TIMESTAMP

CREATE OR REPLACE STREAM "S" ("n" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CAST(("t" - ROWTIME) MINUTE TO SECOND AS BIGINT) FROM "SOURCE_SQL_STREAM_001";

---- error
6:15: INTERVAL MINUTE TO SECOND cannot be converted to BIGINT
