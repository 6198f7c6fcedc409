-- Page: SQL Reference, "SELECT ALL and SELECT DISTINCT" (products ordered in any given day)
-- Source: ORDERS
-- Columns: "PRODID" INTEGER
-- ROWTIME is selected, but does not make rows differ; NULL is equal to itself. A row comes as soon as it is the first.

CREATE OR REPLACE STREAM "S" (at_time TIMESTAMP, prodId INTEGER, day_ TIMESTAMP);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM DISTINCT ROWTIME, prodId, FLOOR(Orders.ROWTIME TO DAY) FROM Orders;

---- input
ROWTIME             | PRODID
2026-01-05 09:00:00 | 1
2026-01-05 10:00:00 | 1
2026-01-05 11:00:00 | NULL
2026-01-05 12:00:00 | NULL
2026-01-06 00:00:00 | 1
---- stream "S"
ROWTIME             | AT_TIME                 | PRODID | DAY_
2026-01-05 09:00:00 | 2026-01-05 09:00:00.000 | 1      | 2026-01-05 00:00:00.000
2026-01-05 11:00:00 | 2026-01-05 11:00:00.000 | NULL   | 2026-01-05 00:00:00.000
2026-01-06 00:00:00 | 2026-01-06 00:00:00.000 | 1      | 2026-01-06 00:00:00.000
