-- Page: SQL Reference, "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_ROW_TIMESTAMP"
-- Columns: "n" INTEGER
-- The service gave the time at which the query was started (except for CURRENT_ROW_TIMESTAMP); a run that can be repeated
-- has no such time, so all of them are the row's.

CREATE OR REPLACE STREAM "S" ("date" DATE, "time" TIME, "stamp" TIMESTAMP, "local" TIME, "local stamp" TIMESTAMP, "row" TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP, LOCALTIME, LOCALTIMESTAMP, CURRENT_ROW_TIMESTAMP
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME             | n
2008-08-27 20:52:05 | 1
2008-08-28 00:00:00 | 1
---- stream "S"
ROWTIME             | date       | time     | stamp                   | local    | local stamp             | row
2008-08-27 20:52:05 | 2008-08-27 | 20:52:05 | 2008-08-27 20:52:05.000 | 20:52:05 | 2008-08-27 20:52:05.000 | 2008-08-27 20:52:05.000
2008-08-28 00:00:00 | 2008-08-28 | 00:00:00 | 2008-08-28 00:00:00.000 | 00:00:00 | 2008-08-28 00:00:00.000 | 2008-08-28 00:00:00.000
