-- Page: SQL Reference, "Analytic Functions" ("Analytic functions must specify a window")
-- Columns: "n" INTEGER

CREATE OR REPLACE STREAM "S" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM LAG("n", 1) FROM "SOURCE_SQL_STREAM_001";

---- error
5:61: LAG needs a window
