-- Page: SQL Reference, "Data Types"; Developer Guide, "Mapping JSON Data Types to SQL Data Types"
-- Columns: "n" VARCHAR(16)
CREATE OR REPLACE STREAM "S" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
---- error
5:15: use CAST
