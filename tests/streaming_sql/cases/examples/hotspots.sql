-- Page: Developer Guide, "Example: Detecting Hotspots on a Stream (HOTSPOTS Function)", step 2
-- Columns: "x" DOUBLE, "y" DOUBLE, "is_hot" VARCHAR(4)
-- The page's two records: too few for a hotspot of 17 points (test_table_functions.py goes on from there). Every row comes out
-- with a result, at once. SELECT without STREAM, as the page has it; HOTSPOTS_RESULT quoted here and not there.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("x" DOUBLE, "y" DOUBLE, "is_hot" VARCHAR(4), HOTSPOTS_RESULT VARCHAR(10000));
CREATE OR REPLACE PUMP "spots" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT "x", "y", "is_hot", "HOTSPOTS_RESULT" FROM TABLE (
    HOTSPOTS(CURSOR(SELECT STREAM "x", "y", "is_hot" FROM "SOURCE_SQL_STREAM_001"), 1000, 0.2, 17)
);

---- records
10:00:00 | {"x": 7.921782426109737, "y": 8.746265312709893, "is_hot": "N"}
10:00:01 | {"x": 0.722248626528026, "y": 4.648868803193405, "is_hot": "Y"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | x                 | y                 | is_hot | HOTSPOTS_RESULT
10:00:00 | 7.921782426109737 | 8.746265312709893 | N      | "{\"hotspots\":[]}"
10:00:01 | 0.722248626528026 | 4.648868803193405 | Y      | "{\"hotspots\":[]}"
