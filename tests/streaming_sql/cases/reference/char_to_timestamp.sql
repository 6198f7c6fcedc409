-- Page: SQL Reference, "CAST" and "Template Strings to Create Specific Output Timestamps" (their tables)
-- Columns: "template" VARCHAR(24), "s" VARCHAR(24)
-- Where the page has no output, here the row goes to error_stream.

CREATE OR REPLACE STREAM "S" ("read" TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM CHAR_TO_TIMESTAMP("template", "s") FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | template            | s
10:00:00 | yyyy-MM-dd hh:mm:ss | 2009-09-16 03:15:24
10:00:01 | yyyy-mm             | 2012-02-08 07:23:19
10:00:02 | yyyy-ss-mm          | 2012-02-08 07:23:19
10:00:03 | MMM dd, yyyy        | March 7, 2010
10:00:04 | MMM dd,             | March 7, 2010
10:00:05 | MMM dd,y            | March 7, 2010
10:00:06 | M-d                 | 2-8-2012
10:00:07 | MM-dd-yyyy          | 06-23-2012 10:11:12
10:00:08 | dd-MM-yy hh:mm:ss   | 23-06-11 10:11:12
10:00:09 | MM-dd-yy ss:hh:mm   | 06-23-11 12:10:11
10:00:10 | yy-dd-MM ss:hh:mm   | 06-23-11 12:10:11
10:00:11 | dd-MM-yy hh:mm      | 23-06-11 10:11:12
10:00:12 | MM/dd/yy hh:mm:ss   | 12/19/11 12:11:10
10:00:13 | MM/dd/yy HH:mm:ss   | 12/19/11 21:08:07
10:00:14 | "y/MM/dd HH:mm:ss"  | 2011/12/19 00:11:12
10:00:15 | "yyyy"              | 2009-09-16 03:15:24
10:00:16 | yyyy-MM-dd ss       | 2009-09-16 03:15:24
10:00:17 | "yyyy@MM@dd hh@mm@ss" | "2009@09@16 03@15@24"
10:00:18 | "yyyy"              | "09-16 03:15"
10:00:19 | yyyy hh             | 2009-09-16 03:15:24
10:00:20 | yyyy-MM hh          | 2009-09-16 03:15:24
10:00:21 | MM/dd/yy hh:mm:ss   | 2009/09/16 03:15:24
10:00:22 | M-d                 | 2012-2-8
---- stream "S"
ROWTIME  | read
10:00:00 | 2009-09-16 03:15:24.000
10:00:01 | 2012-01-01 00:02:00.000
10:00:02 | 2012-01-01 00:08:02.000
10:00:03 | 2010-03-07 00:00:00.000
10:00:04 | 1970-03-07 00:00:00.000
10:00:05 | 2010-03-07 00:00:00.000
10:00:06 | 1970-02-08 00:00:00.000
10:00:07 | 2012-06-23 00:00:00.000
10:00:08 | 2011-06-23 10:11:12.000
10:00:09 | 2011-06-23 10:11:12.000
10:00:10 | 2006-11-23 10:11:12.000
10:00:11 | 2011-06-23 10:11:00.000
10:00:12 | 2011-12-19 00:11:10.000
10:00:13 | 2011-12-19 21:08:07.000
10:00:14 | 2011-12-19 00:11:12.000
10:00:15 | 2009-01-01 00:00:00.000
10:00:16 | 2009-09-16 00:00:03.000
10:00:17 | 2009-09-16 03:15:24.000
10:00:18 | 0009-01-01 00:00:00.000
---- stream "error_stream"
ROWTIME  | ERROR_NAME     | PUMP_NAME
10:00:19 | Coercion error | P
10:00:20 | Coercion error | P
10:00:21 | Coercion error | P
10:00:22 | Coercion error | P
