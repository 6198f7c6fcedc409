-- Page: SQL Reference, "Aggregate Functions" (a monotonic expression in GROUP BY)
-- Columns: "page" VARCHAR(16)
CREATE OR REPLACE STREAM "S" ("p" VARCHAR(16), "n" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "page", COUNT(*) FROM "SOURCE_SQL_STREAM_001"
GROUP BY "page";
---- error
6:10: needs a monotonic term
