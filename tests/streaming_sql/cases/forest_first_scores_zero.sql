-- Page: SQL Reference, "RANDOM_CUT_FOREST"
-- Columns: "k" VARCHAR(4), "n" INTEGER
-- Columns that are not numeric pass through; ANOMALY_SCORE stands behind the cursor's columns. The first subSampleSize (here
-- ten) rows score 0; a flat line scores the same for ever after: a single leaf that holds the value, log2(10) / (10 + 1).

CREATE OR REPLACE STREAM "S" ("k" VARCHAR(4), "n" INTEGER, "score" DOUBLE);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S" SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(SELECT STREAM "k", "n" FROM "SOURCE_SQL_STREAM_001"), 20, 10, 1000, 1));

---- input
ROWTIME  | k | n
10:00:00 | a | 5
10:00:01 | b | 5
10:00:02 | a | 5
10:00:03 | b | 5
10:00:04 | a | 5
10:00:05 | b | 5
10:00:06 | a | 5
10:00:07 | b | 5
10:00:08 | a | 5
10:00:09 | b | 5
10:00:10 | a | 5
10:00:11 | b | 5
---- stream "S"
ROWTIME  | k | n | score
10:00:00 | a | 5 | 0.0
10:00:01 | b | 5 | 0.0
10:00:02 | a | 5 | 0.0
10:00:03 | b | 5 | 0.0
10:00:04 | a | 5 | 0.0
10:00:05 | b | 5 | 0.0
10:00:06 | a | 5 | 0.0
10:00:07 | b | 5 | 0.0
10:00:08 | a | 5 | 0.0
10:00:09 | b | 5 | 0.0
10:00:10 | a | 5 | 0.30199346317
10:00:11 | b | 5 | 0.30199346317
