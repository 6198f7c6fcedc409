-- Page: Developer Guide, "Streaming Data Operations: Stream Joins" (example 1 and its outer form); SQL Reference, "JOIN clause"
-- Columns: "kind" VARCHAR(5), "orderId" INTEGER, "amount" INTEGER
-- Orders and trades come in one source and are told apart by two pumps. A trade meets the orders of the last minute, an order a minute
-- old among them. ROWTIME of a pair is the later one. An order without a trade goes on alone at the end of its minute.

CREATE OR REPLACE STREAM "ORDERS" ("orderId" INTEGER, "amount" INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "ORDERS"
    SELECT STREAM "orderId", "amount" FROM "SOURCE_SQL_STREAM_001" WHERE "kind" = 'order';
CREATE OR REPLACE STREAM "TRADES" ("orderId" INTEGER, "amount" INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "TRADES"
    SELECT STREAM "orderId", "amount" FROM "SOURCE_SQL_STREAM_001" WHERE "kind" = 'trade';
CREATE OR REPLACE STREAM "MATCHED" ("orderId" INTEGER, "ordered" INTEGER, "traded" INTEGER);
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "MATCHED"
SELECT STREAM o."orderId", o."amount", t."amount"
FROM "ORDERS" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o JOIN "TRADES" AS t ON o."orderId" = t."orderId";
CREATE OR REPLACE STREAM "ALL_ORDERS" ("orderId" INTEGER, "ordered" INTEGER, "traded" INTEGER);
CREATE OR REPLACE PUMP "P4" AS INSERT INTO "ALL_ORDERS"
SELECT STREAM o."orderId", o."amount", t."amount"
FROM "ORDERS" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o LEFT JOIN "TRADES" AS t ON o."orderId" = t."orderId";

---- input
ROWTIME  | kind  | orderId | amount
10:00:00 | order | 1       | 100
10:00:10 | order | 2       | 200
10:00:20 | trade | 1       | 60
10:00:50 | trade | 1       | 40
10:01:10 | trade | 2       | 200
10:01:20 | order | 3       | 300
10:01:25 | trade | 9       | 1
10:02:30 | trade | 3       | 300
10:04:00
---- stream "MATCHED"
ROWTIME  | orderId | ordered | traded
10:00:20 | 1       | 100     | 60
10:00:50 | 1       | 100     | 40
10:01:10 | 2       | 200     | 200
---- stream "ALL_ORDERS"
ROWTIME  | orderId | ordered | traded
10:00:20 | 1       | 100     | 60
10:00:50 | 1       | 100     | 40
10:01:10 | 2       | 200     | 200
10:02:20 | 3       | 300     | NULL
