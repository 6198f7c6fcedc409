-- Page: Developer Guide, "Example: Detecting Data Anomalies and Getting an Explanation (RANDOM_CUT_FOREST_WITH_EXPLANATION Function)", step 2
-- Columns: "Systolic" INTEGER, "Diastolic" INTEGER, "BloodPressureLevel" VARCHAR(8)
-- Rows with a score of 0 come first, while the forest learns; test_examples.py goes on from there and reads explanations,
-- which the page does not show for these rows.

CREATE OR REPLACE STREAM "TEMP_STREAM" ("Systolic" INTEGER, "Diastolic" INTEGER, "BloodPressureLevel" varchar(20),
    "ANOMALY_SCORE" DOUBLE, "ANOMALY_EXPLANATION" varchar(512));
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("Systolic" INTEGER, "Diastolic" INTEGER, "BloodPressureLevel" varchar(20),
    "ANOMALY_SCORE" DOUBLE, "ANOMALY_EXPLANATION" varchar(512));
CREATE OR REPLACE PUMP "scores" AS INSERT INTO "TEMP_STREAM"
SELECT STREAM "Systolic", "Diastolic", "BloodPressureLevel", ANOMALY_SCORE, ANOMALY_EXPLANATION
FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(
    CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 100, 256, 100000, 1, true));
CREATE OR REPLACE PUMP "sorted" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM * FROM "TEMP_STREAM"
ORDER BY FLOOR("TEMP_STREAM".ROWTIME TO SECOND), ANOMALY_SCORE DESC;

---- records
10:00:00.100 | {"BloodPressureLevel": "NORMAL", "Systolic": 101, "Diastolic": 66}
10:00:00.200 | {"BloodPressureLevel": "HIGH", "Systolic": 144, "Diastolic": 123}
10:00:01 |
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | Systolic | Diastolic | BloodPressureLevel | ANOMALY_SCORE | ANOMALY_EXPLANATION
10:00:01 | 101      | 66        | NORMAL             | 0.0           | *
10:00:01 | 144      | 123       | HIGH               | 0.0           | *
