-- Page: SQL Reference, "GROUP BY clause"; "Aggregate Functions" (NULLs)
-- Columns: "k" VARCHAR(4), "n" INTEGER
-- NULL keys are one group. COUNT(*) counts rows, COUNT(x) those where x is not NULL; the other aggregates leave NULLs out,
-- and give NULL where there is nothing else. AVG of whole numbers is whole: (1 + 2) / 2 is 1, (-1 + -2) / 2 is -1.

CREATE OR REPLACE STREAM "S" ("k" VARCHAR(4), "rows" BIGINT, "known" BIGINT, "sum" BIGINT, "avg" INTEGER, "max" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "k", COUNT(*), COUNT("n"), SUM("n"), AVG("n"), MAX("n") FROM "SOURCE_SQL_STREAM_001"
GROUP BY FLOOR(ROWTIME TO MINUTE), "k";

---- input
ROWTIME  | k    | n
10:00:01 | NULL | 1
10:00:02 | a    | NULL
10:00:03 | NULL | NULL
10:00:04 | b    | -1
10:00:05 | NULL | 2
10:00:06 | b    | -2
10:01:00
---- stream "S"
ROWTIME  | k    | rows | known | sum  | avg  | max
10:01:00 | NULL | 3    | 2     | 3    | 1    | 2
10:01:00 | a    | 1    | 0     | NULL | NULL | NULL
10:01:00 | b    | 2    | 2     | -3   | -1   | -1
