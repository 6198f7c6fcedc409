-- Page: SQL Reference, "JOIN clause" (example 3: its streams, query and table of results)
-- Columns: "orderid" INTEGER, "orders" INTEGER, "shipments" INTEGER
-- The order 100 comes late. A shipment without an order comes as it is, with its own ROWTIME (shipmenttime is not on the page).

CREATE OR REPLACE STREAM "ORDERS_STREAM" ("orderid" int, "orderrowtime" timestamp);
CREATE OR REPLACE PUMP "ORDERS_STREAM_PUMP" AS INSERT INTO "ORDERS_STREAM"
SELECT STREAM "orderid", "ROWTIME" FROM "SOURCE_SQL_STREAM_001" WHERE "orders" = 1;
CREATE OR REPLACE STREAM "SHIPMENTS_STREAM" ("orderid" int, "shipmentrowtime" timestamp);
CREATE OR REPLACE PUMP "SHIPMENTS_STREAM_PUMP" AS INSERT INTO "SHIPMENTS_STREAM"
SELECT STREAM "orderid", "ROWTIME" FROM "SOURCE_SQL_STREAM_001" WHERE "shipments" = 2;

CREATE OR REPLACE STREAM "OUTPUT_STREAM" ("resultrowtime" timestamp, "orderid" int, "shipmenttime" timestamp, "ordertime" timestamp);
CREATE OR REPLACE PUMP "OUTPUT_STREAM_PUMP" AS INSERT INTO "OUTPUT_STREAM"
  SELECT STREAM ROWTIME as "resultrowtime", s."orderid", s.rowtime as "shipmenttime", o.ROWTIME as "ordertime"
    FROM ORDERS_STREAM OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS o
      RIGHT JOIN SHIPMENTS_STREAM AS s
        ON o."orderid" = s."orderid";

---- input
ROWTIME  | orderid | orders | shipments
10:00:00 | 101     | 1      | NULL
10:00:00 | 100     | NULL   | 2
10:00:20 | 102     | 1      | NULL
10:00:30 | 103     | 1      | NULL
10:00:40 | 104     | 1      | NULL
10:00:45 | 104     | NULL   | 2
10:00:45 | 100     | 1      | NULL
10:00:50 | 105     | NULL   | 2
10:05:00
---- stream "OUTPUT_STREAM"
ROWTIME  | resultrowtime           | orderid | shipmenttime            | ordertime
10:00:00 | 2026-01-05 10:00:00.000 | 100     | 2026-01-05 10:00:00.000 | NULL
10:00:45 | 2026-01-05 10:00:45.000 | 104     | 2026-01-05 10:00:45.000 | 2026-01-05 10:00:40.000
10:00:50 | 2026-01-05 10:00:50.000 | 105     | 2026-01-05 10:00:50.000 | NULL
