-- Page: Developer Guide, "Example: Transforming Multiple Data Types" (the program of its first page)
-- Columns: "RECORDTYPE" VARCHAR(8), "OPRICE" INTEGER, "OTYPE" VARCHAR(4), "OID" INTEGER, "OTICKER" VARCHAR(4), "TID" INTEGER, "TOID" INTEGER, "TPRICE" INTEGER, "TTICKER" VARCHAR(4)
-- The same without quotes: it reads columns in upper case, as a schema can name them. GROUP BY names the stream in quotes,
-- the column without.

CREATE OR REPLACE STREAM "Trade_Stream"
    (trade_id integer, order_id integer, trade_price DOUBLE, ticker varchar(4), record_type varchar(10));
CREATE OR REPLACE PUMP "trades" AS INSERT INTO "Trade_Stream"
SELECT STREAM tid, toid, tprice, tticker, recordtype FROM "SOURCE_SQL_STREAM_001" WHERE recordtype = 'Trade';
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker varchar(4), trade_count integer);
CREATE OR REPLACE PUMP "counts" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker, count(*) as trade_count FROM "Trade_Stream"
GROUP BY ticker, FLOOR("Trade_Stream".ROWTIME TO MINUTE);

---- input
ROWTIME  | RECORDTYPE | OPRICE | OTYPE | OID  | OTICKER | TID  | TOID | TPRICE | TTICKER
10:00:00 | Order      | 9047   | Sell  | 3811 | AAAA    | NULL | NULL | NULL   | NULL
10:00:20 | Trade      | NULL   | NULL  | NULL | NULL    | 1    | 3811 | 2089   | AAAA
10:01:00
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER | TRADE_COUNT
10:01:00 | AAAA   | 1
