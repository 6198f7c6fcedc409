-- Page: Developer Guide, "Error Handling" (in-application error stream); SQL Reference, "MOD"
-- Columns: "n" INTEGER, "m" INTEGER
-- A row that cannot be computed goes to error_stream with the pump's name, and the others go on: division by zero, MOD by
-- zero, an INTEGER sum above 2147483647, a value above the 127 of TINYINT. NULL divided by zero is NULL.

CREATE OR REPLACE STREAM "QUOTIENTS" ("q" INTEGER);
CREATE OR REPLACE PUMP "DIVIDE" AS INSERT INTO "QUOTIENTS" SELECT STREAM "n" / "m" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "REMAINDERS" ("r" INTEGER);
CREATE OR REPLACE PUMP "REST" AS INSERT INTO "REMAINDERS" SELECT STREAM MOD("n", "m") FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "SUMS" ("s" INTEGER);
CREATE OR REPLACE PUMP "ADD" AS INSERT INTO "SUMS" SELECT STREAM "n" + "m" FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "SMALL" ("t" TINYINT);
CREATE OR REPLACE PUMP "NARROW" AS INSERT INTO "SMALL" SELECT STREAM "m" FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | n          | m
10:00:00 | 7          | 2
10:00:01 | 7          | 0
10:00:02 | 2147483647 | 128
10:00:03 | NULL       | 0
---- stream "QUOTIENTS"
ROWTIME  | q
10:00:00 | 3
10:00:02 | 16777215
10:00:03 | NULL
---- stream "REMAINDERS"
ROWTIME  | r
10:00:00 | 1
10:00:02 | 127
10:00:03 | NULL
---- stream "SUMS"
ROWTIME  | s
10:00:00 | 9
10:00:01 | 7
10:00:03 | NULL
---- stream "SMALL"
ROWTIME  | t
10:00:00 | 2
10:00:01 | 0
10:00:03 | 0
---- stream "error_stream"
ROWTIME  | ERROR_LEVEL | ERROR_NAME       | PUMP_NAME | DATA_ROWTIME
10:00:01 | ERROR       | Division by zero | DIVIDE    | 2026-01-05 10:00:01.000
10:00:01 | ERROR       | Division by zero | REST      | 2026-01-05 10:00:01.000
10:00:02 | ERROR       | Numeric overflow | ADD       | 2026-01-05 10:00:02.000
10:00:02 | ERROR       | Numeric overflow | NARROW    | 2026-01-05 10:00:02.000
