-- Page: SQL Reference, "Identifiers" (quoted names are case-sensitive)
-- Columns: "Page" VARCHAR(16)
CREATE OR REPLACE STREAM "S" ("p" VARCHAR(16));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM Page FROM "SOURCE_SQL_STREAM_001";
---- error
5:15: write "Page" in double quotes
