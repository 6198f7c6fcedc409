-- Page: Developer Guide, "In-Application Streams and Pumps"
-- Columns: "k" VARCHAR(4), "n" INTEGER
-- One source, two pumps into one stream, a third that reads it: ROWTIME is carried through. Rows go through all pumps
-- before the next row comes. A pump that names columns leaves NULL in the others.

CREATE OR REPLACE STREAM "MIDDLE" ("k" VARCHAR(4), "n" INTEGER, "via" VARCHAR(4));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "MIDDLE" SELECT STREAM "k", "n", 'one' FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "MIDDLE" ("n", "k") SELECT STREAM "n" * 10, "k" FROM "SOURCE_SQL_STREAM_001"
    WHERE "n" > 1;
CREATE OR REPLACE STREAM "LAST" ("n" INTEGER);
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "LAST" SELECT STREAM "n" + 1 FROM "MIDDLE" WHERE "via" IS NULL OR "n" = 1;

---- input
ROWTIME  | k | n
10:00:01 | a | 1
10:00:02 | b | 2
---- stream "MIDDLE"
ROWTIME  | k | n  | via
10:00:01 | a | 1  | one
10:00:02 | b | 2  | one
10:00:02 | b | 20 | NULL
---- stream "LAST"
ROWTIME  | n
10:00:01 | 2
10:00:02 | 21
