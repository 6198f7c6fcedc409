-- Page: Developer Guide, "In-Application Streams and Pumps"
-- Columns: "n" INTEGER
CREATE OR REPLACE STREAM "A" ("n" INTEGER);
CREATE OR REPLACE STREAM "B" ("n" INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "B" SELECT STREAM "n" FROM "A";
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "A" SELECT STREAM "n" FROM "B";
---- error
6:44: feeds A from itself
