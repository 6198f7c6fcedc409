-- Page: Developer Guide, "Example: Parsing Web Logs (W3C_LOG_PARSE Function)", "Example: Parsing Log Strings Based on Regular Expressions", "Example: Split Strings into Multiple Fields (VARIABLE_COLUMN_LOG_PARSE Function)"
-- Columns: "log" VARCHAR(256)
-- The guide's log line. A text that does not match gives NULL in every column.

CREATE OR REPLACE STREAM "W3C" ("host" VARCHAR(32), "user" VARCHAR(16), "request" VARCHAR(64), "status" VARCHAR(8));
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "W3C"
SELECT STREAM l.r.COLUMN1, l.r.COLUMN3, l.r.COLUMN5, l.r.COLUMN6
FROM (SELECT STREAM W3C_LOG_PARSE("log", 'COMMON') FROM "SOURCE_SQL_STREAM_001") AS l(r);
CREATE OR REPLACE STREAM "REGEX" ("method" VARCHAR(8), "path" VARCHAR(64));
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "REGEX"
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2
FROM (SELECT STREAM REGEX_LOG_PARSE("log", '.*"(\w+) (\S+) .*') FROM "SOURCE_SQL_STREAM_001") AS t(r);
CREATE OR REPLACE STREAM "SPLIT" ("a" VARCHAR(64), "b" VARCHAR(64));
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "SPLIT"
SELECT STREAM t.r."COL_A", t.r."COL_B"
FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE("log", 'COL_A TYPE VARCHAR(64), COL_B TYPE VARCHAR(64)', ',')
    FROM "SOURCE_SQL_STREAM_001") AS t(r) WHERE t.r."COL_B" IS NOT NULL;

---- input
ROWTIME  | log
10:00:00 | "192.168.254.30 - John [24/May/2004:22:01:02 -0700] \"GET /icons/apache_pb.gif HTTP/1.1\" 304 0"
10:00:01 | one,two
---- stream "W3C"
ROWTIME  | host           | user | request                           | status
10:00:00 | 192.168.254.30 | John | "GET /icons/apache_pb.gif HTTP/1.1" | "304"
10:00:01 | NULL           | NULL | NULL                              | NULL
---- stream "REGEX"
ROWTIME  | method | path
10:00:00 | GET    | /icons/apache_pb.gif
10:00:01 | NULL   | NULL
---- stream "SPLIT"
ROWTIME  | a   | b
10:00:01 | one | two
