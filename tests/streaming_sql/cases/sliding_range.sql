-- Page: Developer Guide, "Sliding Windows"; SQL Reference, "WINDOW Clause (Sliding Windows)"
-- Columns: "ticker" VARCHAR(4), "price" INTEGER
-- One row for each row. A row exactly a minute old still counts; one a millisecond older does not. AVG of whole numbers is whole.

CREATE OR REPLACE STREAM "S" ("ticker" VARCHAR(4), "n" BIGINT, "sum" BIGINT, "avg" INTEGER, "max" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "ticker", COUNT(*) OVER W1, SUM("price") OVER W1, AVG("price") OVER W1, MAX("price") OVER W1
FROM "SOURCE_SQL_STREAM_001"
WINDOW W1 AS (PARTITION BY "ticker" RANGE INTERVAL '1' MINUTE PRECEDING);

---- input
ROWTIME      | ticker | price
10:00:00     | ABC    | 10
10:00:20     | XYZ    | 7
10:00:30     | ABC    | 21
10:01:00     | ABC    | 5
10:01:30.001 | ABC    | 1
10:05:00     | ABC    | NULL
---- stream "S"
ROWTIME      | ticker | n | sum  | avg  | max
10:00:00     | ABC    | 1 | 10   | 10   | 10
10:00:20     | XYZ    | 1 | 7    | 7    | 7
10:00:30     | ABC    | 2 | 31   | 15   | 21
10:01:00     | ABC    | 3 | 36   | 12   | 21
10:01:30.001 | ABC    | 2 | 6    | 3    | 5
10:05:00     | ABC    | 1 | NULL | NULL | NULL
