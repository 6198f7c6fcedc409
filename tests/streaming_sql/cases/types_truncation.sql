-- Page: Developer Guide, "Error Handling"; SQL Reference, "Data Types" (CHAR, VARCHAR)
-- Columns: "s" VARCHAR(6), "n" DECIMAL(6, 3)
-- A text longer than its column is cut silently: at the source, by CAST, and by a pump into a narrower stream. DECIMAL
-- is rounded to the digits its column has.

CREATE OR REPLACE STREAM "S" ("source" VARCHAR(10), "cast" VARCHAR(10), "column" VARCHAR(2), "n" DECIMAL(5, 1));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "s", CAST("s" AS VARCHAR(3)), "s", "n" FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s         | n
10:00:00 | longer than six | 1.25
10:00:01 | abc       | 0.04
---- stream "S"
ROWTIME  | source | cast | column | n
10:00:00 | longer | lon  | lo     | 1.3
10:00:01 | abc    | abc  | ab     | 0.0
