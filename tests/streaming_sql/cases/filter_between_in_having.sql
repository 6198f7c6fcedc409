-- Page: SQL Reference, "WHERE clause"; "HAVING clause"; "Operators" (BETWEEN, IN)
-- Columns: "page" VARCHAR(16), "n" INTEGER
-- BETWEEN holds both ends. HAVING is asked of a finished group, and may use an aggregate that is not selected.

CREATE OR REPLACE STREAM "S" ("page" VARCHAR(16), "total" BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "page", SUM("n") FROM "SOURCE_SQL_STREAM_001"
WHERE "n" BETWEEN 1 AND 3 AND "page" IN ('/', '/shop')
GROUP BY "page", STEP(ROWTIME BY INTERVAL '1' MINUTE)
HAVING COUNT(*) >= 2 AND SUM("n") < 6;

---- input
ROWTIME  | page  | n
10:00:00 | /     | 1
10:00:01 | /     | 0
10:00:02 | /     | 3
10:00:03 | /shop | 3
10:00:04 | /shop | 3
10:00:05 | /cart | 2
10:00:06 | /cart | 2
10:00:59 | /     | 4
10:01:00
---- stream "S"
ROWTIME  | page | total
10:01:00 | /    | 4
