-- Page: Developer Guide, "In-Application Streams and Pumps" (TEMPSTREAM; several writers, several readers); "CREATE PUMP" (some columns only)
-- Source: INPUTSTREAM
-- Columns: "INPUTCOLUMN1" BIGINT, "INPUTCOLUMN2" INTEGER, "INPUTCOLUMN3" VARCHAR(64)
-- Two pumps write TEMPSTREAM, the second one column of it; two read it. ROWTIME is carried along unasked.

CREATE OR REPLACE STREAM "TEMPSTREAM" ("column1" BIGINT NOT NULL, "column2" INTEGER, "column3" VARCHAR(64));
CREATE OR REPLACE PUMP "SAMPLEPUMP" AS INSERT INTO "TEMPSTREAM" ("column1", "column2", "column3")
SELECT STREAM inputcolumn1, inputcolumn2, inputcolumn3 FROM "INPUTSTREAM";
CREATE OR REPLACE PUMP "SECOND" AS INSERT INTO "TEMPSTREAM" ("column1")
SELECT STREAM -inputcolumn1 FROM "INPUTSTREAM" WHERE inputcolumn2 > 1;
CREATE OR REPLACE STREAM "ONE" ("n" BIGINT);
CREATE OR REPLACE PUMP "READER" AS INSERT INTO "ONE" SELECT STREAM "column1" FROM "TEMPSTREAM" WHERE "column2" IS NULL;
CREATE OR REPLACE STREAM "COUNTS" ("rows" BIGINT);
CREATE OR REPLACE PUMP "COUNTER" AS INSERT INTO "COUNTS"
SELECT STREAM COUNT(*) FROM "TEMPSTREAM" GROUP BY STEP("TEMPSTREAM".ROWTIME BY INTERVAL '10' SECOND);

---- input
ROWTIME  | INPUTCOLUMN1 | INPUTCOLUMN2 | INPUTCOLUMN3
10:00:01 | 7            | 1            | one
10:00:02 | 8            | 2            | two
10:00:10
---- stream "TEMPSTREAM"
ROWTIME  | column1 | column2 | column3
10:00:01 | 7       | 1       | one
10:00:02 | 8       | 2       | two
10:00:02 | -8      | NULL    | NULL
---- stream "ONE"
ROWTIME  | n
10:00:02 | -8
---- stream "COUNTS"
ROWTIME  | rows
10:00:10 | 3
