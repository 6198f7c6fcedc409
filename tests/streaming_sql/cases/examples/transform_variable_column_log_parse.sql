-- Page: Developer Guide, "Example: Split Strings into Multiple Fields (VARIABLE_COLUMN_LOG_PARSE Function)"
-- Columns: "Col_A" VARCHAR(4), "Col_B" VARCHAR(4), "Col_C" VARCHAR(4), "Col_E_Unstructured" VARCHAR(64)
-- One column of values with commas between them becomes three. The first record is the generator's, the second the
-- page's (four values; three are asked for).

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("column_A" VARCHAR(16), "column_B" VARCHAR(16),
    "column_C" VARCHAR(16), "COL_1" VARCHAR(16), "COL_2" VARCHAR(16), "COL_3" VARCHAR(16));
CREATE OR REPLACE PUMP "split" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM t."Col_A", t."Col_B", t."Col_C", t.r."COL_1", t.r."COL_2", t.r."COL_3"
FROM (SELECT STREAM "Col_A", "Col_B", "Col_C",
        VARIABLE_COLUMN_LOG_PARSE ("Col_E_Unstructured",
            'COL_1 TYPE VARCHAR(16), COL_2 TYPE VARCHAR(16), COL_3 TYPE VARCHAR(16)', ',') AS r
    FROM "SOURCE_SQL_STREAM_001") as t;

---- records
10:00:00 | {"Col_A": "a", "Col_B": "b", "Col_C": "c", "Col_E_Unstructured": "x,y,z"}
10:00:01 | {"Col_A": "d", "Col_B": "e", "Col_C": "f", "Col_E_Unstructured": "value,value,value,value"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | column_A | column_B | column_C | COL_1 | COL_2 | COL_3
10:00:00 | a        | b        | c        | x     | y     | z
10:00:01 | d        | e        | f        | value | value | value
