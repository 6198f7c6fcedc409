-- Page: SQL Reference, "CAST" (its table: TIME to TIMESTAMP)
-- Columns: "t" TIME
-- The page does not say which day it becomes; SQL says today, which here is the row's day.

CREATE OR REPLACE STREAM "S" ("t" TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM CAST("t" AS TIMESTAMP) FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME             | t
2026-01-05 10:00:00 | "09:30:00"
2026-01-06 00:00:00 | "09:30:00.250"
2026-01-06 00:00:01 | NULL
---- stream "S"
ROWTIME             | t
2026-01-05 10:00:00 | 2026-01-05 09:30:00.000
2026-01-06 00:00:00 | 2026-01-06 09:30:00.250
2026-01-06 00:00:01 | NULL
