-- Page: SQL Reference, "LAG" (its query)
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "PRICE" REAL
-- With IGNORE NULLS a row without a price is passed over; the default (0) stands where the window reaches no such row, and
-- never for a NULL of the stream.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker_symbol VARCHAR(4), price DOUBLE, previous_price DOUBLE, previous_price_2 DOUBLE);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker_symbol, price,
    LAG(price, 1, 0) IGNORE NULLS OVER (PARTITION BY ticker_symbol RANGE INTERVAL '1' MINUTE PRECEDING),
    LAG(price, 2, 0) IGNORE NULLS OVER (PARTITION BY ticker_symbol RANGE INTERVAL '1' MINUTE PRECEDING)
FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "RESPECTING" ("before" REAL, "or itself" REAL, "three before" REAL);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "RESPECTING"
SELECT STREAM LAG(price) OVER w, LAG(price, 1, price) RESPECT NULLS OVER w, LAG(price, 3) OVER w
FROM "SOURCE_SQL_STREAM_001" WINDOW w AS (ROWS 2 PRECEDING);

---- input
ROWTIME  | TICKER_SYMBOL | PRICE
10:00:00 | AMZN          | 1.5
10:00:10 | TBV           | 9
10:00:20 | AMZN          | NULL
10:00:30 | AMZN          | 2.5
10:01:00 | AMZN          | 3.5
10:01:01 | AMZN          | 4.5
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER_SYMBOL | PRICE | PREVIOUS_PRICE | PREVIOUS_PRICE_2
10:00:00 | AMZN          | 1.5   | 0.0            | 0.0
10:00:10 | TBV           | 9.0   | 0.0            | 0.0
10:00:20 | AMZN          | NULL  | 1.5            | 0.0
10:00:30 | AMZN          | 2.5   | 1.5            | 0.0
10:01:00 | AMZN          | 3.5   | 2.5            | 1.5
10:01:01 | AMZN          | 4.5   | 3.5            | 2.5
---- stream "RESPECTING"
ROWTIME  | before | or itself | three before
10:00:00 | NULL   | 1.5       | NULL
10:00:10 | 1.5    | 1.5       | NULL
10:00:20 | 9.0    | 9.0       | NULL
10:00:30 | NULL   | NULL      | NULL
10:01:00 | 2.5    | 2.5       | NULL
10:01:01 | 3.5    | 3.5       | NULL
