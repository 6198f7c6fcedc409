-- Page: Developer Guide, "Example: Transforming Multiple Data Types", step 2
-- Columns: "RecordType" VARCHAR(8), "Oprice" INTEGER, "Otype" VARCHAR(4), "Oid" INTEGER, "Oticker" VARCHAR(4), "Tid" INTEGER, "Toid" INTEGER, "Tprice" INTEGER, "Tticker" VARCHAR(4)
-- Orders and trades come in one source; each row has the columns of both, those of the other kind NULL. Trades are counted
-- for each ticker and minute. The first record of each kind is the page's. Results go by position: trade_count to "trade_count".

CREATE OR REPLACE STREAM "Order_Stream"
    ("order_id" integer, "order_type" varchar(10), "ticker" varchar(4), "order_price" DOUBLE, "record_type" varchar(10));
CREATE OR REPLACE PUMP "orders" AS INSERT INTO "Order_Stream"
SELECT STREAM "Oid", "Otype","Oticker", "Oprice", "RecordType" FROM "SOURCE_SQL_STREAM_001" WHERE "RecordType" = 'Order';
--********************
CREATE OR REPLACE STREAM "Trade_Stream"
    ("trade_id" integer, "order_id" integer, "trade_price" DOUBLE, "ticker" varchar(4), "record_type" varchar(10));
CREATE OR REPLACE PUMP "trades" AS INSERT INTO "Trade_Stream"
SELECT STREAM "Tid", "Toid", "Tprice", "Tticker", "RecordType" FROM "SOURCE_SQL_STREAM_001" WHERE "RecordType" = 'Trade';
--********************
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("ticker" varchar(4), "trade_count" integer);
CREATE OR REPLACE PUMP "counts" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM "ticker", count(*) as trade_count FROM "Trade_Stream"
GROUP BY "ticker", FLOOR("Trade_Stream".ROWTIME TO MINUTE);

---- records
10:00:00 | {"RecordType": "Order", "Oprice": 9047, "Otype": "Sell", "Oid": 3811, "Oticker": "AAAA"}
10:00:10 | {"RecordType": "Order", "Oprice": 500, "Otype": "Sell", "Oid": 3812, "Oticker": "BBBB"}
10:00:20 | {"RecordType": "Trade", "Tid": 1, "Toid": 3812, "Tprice": 2089, "Tticker": "BBBB"}
10:00:30 | {"RecordType": "Trade", "Tid": 1, "Toid": 3811, "Tprice": 300, "Tticker": "AAAA"}
10:00:59 | {"RecordType": "Trade", "Tid": 2, "Toid": 3812, "Tprice": 0, "Tticker": "BBBB"}
10:01:00 | {"RecordType": "Trade", "Tid": 3, "Toid": 3812, "Tprice": 3000, "Tticker": "BBBB"}
10:02:00 |
---- stream "Order_Stream"
ROWTIME  | order_id | order_type | ticker | order_price | record_type
10:00:00 | 3811     | Sell       | AAAA   | 9047.0      | Order
10:00:10 | 3812     | Sell       | BBBB   | 500.0       | Order
---- stream "Trade_Stream"
ROWTIME  | trade_id | order_id | trade_price | ticker | record_type
10:00:20 | 1        | 3812     | 2089.0      | BBBB   | Trade
10:00:30 | 1        | 3811     | 300.0       | AAAA   | Trade
10:00:59 | 2        | 3812     | 0.0         | BBBB   | Trade
10:01:00 | 3        | 3812     | 3000.0      | BBBB   | Trade
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | ticker | trade_count
10:01:00 | BBBB   | 2
10:01:00 | AAAA   | 1
10:02:00 | BBBB   | 1
