-- Page: SQL Reference, "CAST" (the examples that select no row, Note A)
-- Columns: "as" VARCHAR(9), "s" VARCHAR(30), "t" TIMESTAMP
-- Where the page says "No rows selected", here the row goes to error_stream: a text that is not exactly a DATE, a TIME or
-- a TIMESTAMP, and a date or a timestamp that is longer than the text it is cast to.

CREATE OR REPLACE STREAM "S" ("d" DATE, "t" TIME, "stamp" TIMESTAMP, "short" VARCHAR(9), "shorter" VARCHAR(18));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CASE WHEN "as" = 'DATE' THEN CAST("s" AS DATE) END, CASE WHEN "as" = 'TIME' THEN CAST("s" AS TIME) END,
    CASE WHEN "as" = 'TIMESTAMP' THEN CAST("s" AS TIMESTAMP) END,
    CASE WHEN "as" = 'SHORT' THEN CAST(CAST("t" AS DATE) AS VARCHAR(9)) END,
    CASE WHEN "as" = 'SHORTER' THEN CAST("t" AS VARCHAR(18)) END
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | as        | s                     | t
10:00:00 | DATE      | 2007-02-19 21:23:45.0 | NULL
10:00:01 | DATE      | 2007-02-19 21         | NULL
10:00:02 | TIME      | 2007-02-19 21:23:45.0 | NULL
10:00:03 | TIME      | "21:23"               | NULL
10:00:04 | TIME      | "21:23:34:11"         | NULL
10:00:05 | TIMESTAMP | 2007-02-19 21:23      | NULL
10:00:06 | TIMESTAMP | 2007/02/19 21:23:45   | NULL
10:00:07 | SHORT     | NULL                  | 2008-08-23 00:00:00
10:00:08 | SHORTER   | NULL                  | 2007-02-19 21:25:35
10:00:09 | TIME      | "21:23:34"            | NULL
---- stream "S"
ROWTIME  | d    | t        | stamp | short | shorter
10:00:09 | NULL | 21:23:34 | NULL  | NULL  | NULL
---- stream "error_stream"
ROWTIME  | ERROR_NAME     | PUMP_NAME
10:00:00 | Coercion error | P
10:00:01 | Coercion error | P
10:00:02 | Coercion error | P
10:00:03 | Coercion error | P
10:00:04 | Coercion error | P
10:00:05 | Coercion error | P
10:00:06 | Coercion error | P
10:00:07 | Coercion error | P
10:00:08 | Coercion error | P
