-- Page: SQL Reference, "CHAR_TO_DATE", "CHAR_TO_TIME", "DATE_TO_CHAR", "TIME_TO_CHAR"
-- Columns: "d" VARCHAR(12), "t" VARCHAR(12)

CREATE OR REPLACE STREAM "S" ("date" DATE, "time" TIME, "month" VARCHAR(16), "clock" VARCHAR(9));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CHAR_TO_DATE('dd/MMM/yyyy', "d"), CHAR_TO_TIME('HH.mm.ss', "t"),
    DATE_TO_CHAR('MMMM yyyy', CHAR_TO_DATE('dd/MMM/yyyy', "d")), TIME_TO_CHAR('hh:mm a', CHAR_TO_TIME('HH.mm.ss', "t"))
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | d           | t
10:00:00 | 16/Sep/2009 | 15.04.05
10:00:01 | NULL        | NULL
10:00:02 | 31/Feb/2009 | 15.04.05
---- stream "S"
ROWTIME  | date       | time     | month          | clock
10:00:00 | 2009-09-16 | 15:04:05 | September 2009 | 03:04 PM
10:00:01 | NULL       | NULL     | NULL           | NULL
---- stream "error_stream"
ROWTIME  | ERROR_NAME     | PUMP_NAME
10:00:02 | Coercion error | P
