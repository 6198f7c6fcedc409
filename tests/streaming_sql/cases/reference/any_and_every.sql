-- Page: SQL Reference, "ANY", "EVERY" (their queries)
-- Columns: "ticker" VARCHAR(4), "price" DOUBLE
-- ANY is true where one price of the hour is below 1, EVERY where all are; rows without a price are left out.

CREATE OR REPLACE STREAM "S" ("any" BOOLEAN, "every" BOOLEAN);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM ANY ("price" < 1), EVERY ("price" < 1) FROM "SOURCE_SQL_STREAM_001"
GROUP BY FLOOR("SOURCE_SQL_STREAM_001".ROWTIME TO HOUR);
CREATE OR REPLACE STREAM "LAST_TWO" ("any" BOOLEAN, "every" BOOLEAN);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "LAST_TWO"
SELECT STREAM ANY("price" < 1) OVER w, EVERY("price" < 1) OVER w FROM "SOURCE_SQL_STREAM_001" WINDOW w AS (ROWS 1 PRECEDING);

---- input
ROWTIME  | ticker | price
10:00:00 | A      | 0.5
10:10:00 | B      | 2
10:20:00 | C      | NULL
11:00:00 | A      | 0.5
11:00:01 | B      | 0.25
12:00:00 | A      | 1
13:00:00 | A      | NULL
14:00:00
---- stream "S"
ROWTIME  | any   | every
11:00:00 | true  | false
12:00:00 | true  | true
13:00:00 | false | false
14:00:00 | NULL  | NULL
---- stream "LAST_TWO"
ROWTIME  | any   | every
10:00:00 | true  | true
10:10:00 | true  | false
10:20:00 | false | false
11:00:00 | true  | true
11:00:01 | true  | true
12:00:00 | true  | false
13:00:00 | false | false
