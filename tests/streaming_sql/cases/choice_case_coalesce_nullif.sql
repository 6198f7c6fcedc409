-- Page: SQL Reference, "CASE expression"; "COALESCE"; "NULLIF"
-- Columns: "page" VARCHAR(16), "n" INTEGER, "m" INTEGER
-- The first branch that is TRUE counts; without ELSE the rest is NULL. NULLIF(4, 2) is 4, NULLIF(4, 4) is NULL. COALESCE is
-- the first that is not NULL; a whole number and a DECIMAL alternative make it DECIMAL.

CREATE OR REPLACE STREAM "S" ("size" VARCHAR(8), "page" VARCHAR(8), "first" DECIMAL(12, 1), "null" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM
    CASE WHEN "n" > 100 THEN 'large' WHEN "n" > 10 THEN 'medium' ELSE 'small' END,
    CASE "page" WHEN '/' THEN 'home' WHEN '/shop' THEN 'shop' END,
    COALESCE("n", "m", 0.5),
    NULLIF("n", "m")
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | page  | n    | m
10:00:00 | /     | 101  | 101
10:00:01 | /shop | 11   | 2
10:00:02 | /cart | NULL | 3
10:00:03 | NULL  | NULL | NULL
---- stream "S"
ROWTIME  | size   | page | first | null
10:00:00 | large  | home | 101.0 | NULL
10:00:01 | medium | shop | 11.0  | 11
10:00:02 | small  | NULL | 3.0   | NULL
10:00:03 | small  | NULL | 0.5   | NULL
