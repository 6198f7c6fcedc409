-- Page: Developer Guide, "Error Handling" (coercion errors); "Mapping JSON Data Types to SQL Data Types"
-- Columns: "n" TINYINT, "x" DOUBLE, "b" BOOLEAN, "t" TIMESTAMP
-- A record whose value cannot be converted to the schema's type is left out and told in error_stream, without a pump. A text
-- that is a number is one; TRUE may be written in any case.

CREATE OR REPLACE STREAM "S" ("n" TINYINT, "x" DOUBLE, "b" BOOLEAN, "t" TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM * FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | n      | x     | b    | t
10:00:00 | "12"   | 1     | True | 2014-10-01 12:30:00.250
10:00:01 | many   | 1.5   | true | NULL
10:00:02 | 300    | 1.5   | true | NULL
10:00:03 | 1      | "2e3" | 1    | NULL
10:00:04 | 1      | NULL  | NULL | yesterday
10:00:05 | 1      | "2e3" | NULL | NULL
---- stream "S"
ROWTIME  | n  | x      | b    | t
10:00:00 | 12 | 1.0    | true | 2014-10-01 12:30:00.250
10:00:05 | 1  | 2000.0 | NULL | NULL
---- stream "error_stream"
ROWTIME  | ERROR_NAME       | PUMP_NAME | MESSAGE
10:00:01 | Coercion error   | ""        | *
10:00:02 | Numeric overflow | ""        | column n: 300 does not fit into TINYINT
10:00:03 | Coercion error   | ""        | *
10:00:04 | Coercion error   | ""        | *
