-- Page: Developer Guide, "Example: Parsing Web Logs (W3C_LOG_PARSE Function)"
-- Columns: "log" VARCHAR(128)
-- The seven columns of the Common Log Format, each cut to the 16 characters of its column. The records are the page's,
-- as its generator writes them (those in its text are no JSON). A "-" is what the log says, not NULL.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (column1 VARCHAR(16), column2 VARCHAR(16), column3 VARCHAR(16),
    column4 VARCHAR(16), column5 VARCHAR(16), column6 VARCHAR(16), column7 VARCHAR(16));
CREATE OR REPLACE PUMP "visits" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM l.r.COLUMN1, l.r.COLUMN2, l.r.COLUMN3, l.r.COLUMN4, l.r.COLUMN5, l.r.COLUMN6, l.r.COLUMN7
FROM (SELECT STREAM W3C_LOG_PARSE("log", 'COMMON') FROM "SOURCE_SQL_STREAM_001") AS l(r);

---- records
10:00:00 | {"log": "192.168.254.30 - John [24/May/2004:22:01:02 -0700] \"GET /icons/apache_pb.gif HTTP/1.1\" 304 0"}
10:00:01 | {"log": "not such a line"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | COLUMN1        | COLUMN2 | COLUMN3 | COLUMN4          | COLUMN5          | COLUMN6 | COLUMN7
10:00:00 | 192.168.254.30 | -       | John    | [24/May/2004:22: | GET /icons/apach | "304"   | "0"
10:00:01 | NULL           | NULL    | NULL    | NULL             | NULL             | NULL    | NULL
