-- Page: SQL Reference, "STEP"; Developer Guide, "Tumbling Windows (Aggregations Using GROUP BY)"
-- Columns: "page" VARCHAR(16)
-- Windows of ten seconds are aligned to 1970-01-01; a row exactly on an end opens the next window. The window
-- 10:00:20 to 10:00:30 is empty and gives no row. A rowtime bound alone ends the last one.

CREATE OR REPLACE STREAM "OUT" ("page" VARCHAR(16), "n" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM "page", COUNT(*) FROM "SOURCE_SQL_STREAM_001"
GROUP BY "page", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);

---- input
ROWTIME      | page
10:00:03     | /shop
10:00:04     | /
10:00:09.999 | /shop
10:00:10     | /
10:00:30     | /
10:00:40
---- stream "OUT"
ROWTIME  | page  | n
10:00:10 | /shop | 2
10:00:10 | /     | 1
10:00:20 | /     | 1
10:00:40 | /     | 1
