-- Page: SQL Reference, "UNIX_TIMESTAMP", "TO_TIMESTAMP", "TSDIFF", "TIMESTAMP_TO_CHAR", "CHAR_TO_TIMESTAMP"; Developer Guide, "Example: Transforming DateTime Values"
-- Columns: "s" VARCHAR(32), "t" TIMESTAMP
-- Unix time is in milliseconds: 2014-10-01 00:00:00 is 1412121600000. TSDIFF is in milliseconds too. Formats are
-- Java's. TIMESTAMP_TO_CHAR gives the text null for NULL, says its page.

CREATE OR REPLACE STREAM "S" ("read" TIMESTAMP, "unix" BIGINT, "back" TIMESTAMP, "ms" BIGINT, "text" VARCHAR(32), "later" TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CHAR_TO_TIMESTAMP('dd/MM/yyyy HH:mm:ss', "s"), UNIX_TIMESTAMP("t"), TO_TIMESTAMP(UNIX_TIMESTAMP("t")),
    TSDIFF("t", "t" + INTERVAL '1:30' MINUTE TO SECOND), TIMESTAMP_TO_CHAR('yyyy/MM/dd HH:mm', "t"), "t" + INTERVAL '1' DAY
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s                   | t
10:00:00 | 24/05/2004 22:01:02 | 2014-10-01 00:00:00
10:00:01 | NULL                | NULL
---- stream "S"
ROWTIME  | read                    | unix          | back                    | ms    | text             | later
10:00:00 | 2004-05-24 22:01:02.000 | 1412121600000 | 2014-10-01 00:00:00.000 | 90000 | 2014/10/01 00:00 | 2014-10-02 00:00:00.000
10:00:01 | NULL                    | NULL          | NULL                    | NULL  | "null"           | NULL
