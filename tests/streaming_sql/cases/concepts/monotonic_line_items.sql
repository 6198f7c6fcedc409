-- Page: SQL Reference, "Monotonic Function" (line items of the orders 1000, 1001, 1005)
-- Source: LINEITEMS
-- Columns: "ORDERID" INTEGER, "PRICE" INTEGER
-- An order is complete when the next one begins; the sum has the ROWTIME of the row that began it.

CREATE OR REPLACE STREAM "S" (orderId INTEGER, total BIGINT);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM MONOTONIC(orderId), SUM(price) FROM LineItems GROUP BY MONOTONIC(orderId);

---- input
ROWTIME  | ORDERID | PRICE
10:00:00 | 1000    | 5
10:00:01 | 1000    | 6
10:00:05 | 1001    | 7
10:00:09 | 1005    | 8
11:00:00
---- stream "S"
ROWTIME  | ORDERID | TOTAL
10:00:05 | 1000    | 11
10:00:09 | 1001    | 7
