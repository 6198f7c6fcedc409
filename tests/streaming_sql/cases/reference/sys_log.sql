-- Page: SQL Reference, "SYS_LOG_PARSE"
-- Columns: "line" VARCHAR(80)
-- A log line has no year: 1970, as CHAR_TO_TIMESTAMP has it. What is no such line gives NULLs.

CREATE OR REPLACE STREAM "S" ("at" TIMESTAMP, "text" VARCHAR(80));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM t.r."COLUMN1", t.r."COLUMN2" FROM (SELECT STREAM SYS_LOG_PARSE("line") AS r FROM "SOURCE_SQL_STREAM_001") AS t;

---- input
ROWTIME  | line
10:00:00 | "Oct 11 22:14:15 mymachine su: 'su root' failed on /dev/pts/8"
10:00:01 | "Feb  5 17:32:18 10.0.0.99 Use the BFG!"
10:00:02 | no log line
10:00:03 | "Feb 30 17:32:18 host message"
---- stream "S"
ROWTIME  | at                      | text
10:00:00 | 1970-10-11 22:14:15.000 | mymachine su: 'su root' failed on /dev/pts/8
10:00:01 | 1970-02-05 17:32:18.000 | 10.0.0.99 Use the BFG!
10:00:02 | NULL                    | NULL
---- stream "error_stream"
ROWTIME  | ERROR_NAME     | PUMP_NAME
10:00:03 | Coercion error | P
