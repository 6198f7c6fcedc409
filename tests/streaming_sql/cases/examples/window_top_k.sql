-- Page: Developer Guide, "Example: Retrieving the Most Frequently Occurring Values (TOP_K_ITEMS_TUMBLING)"
-- Columns: "TICKER" VARCHAR(4)
-- The five most frequent tickers of each minute, the most frequent first; six tickers come, one of them (AMD) least often.
-- The stream's name stands without quotes here and in quotes there. Comments follow the arguments.

CREATE OR REPLACE STREAM DESTINATION_SQL_STREAM ("TICKER" VARCHAR(4), "MOST_FREQUENT_VALUES" BIGINT);
CREATE OR REPLACE PUMP "frequent" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM * FROM TABLE (TOP_K_ITEMS_TUMBLING(
    CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"),
    'TICKER',  -- the column
    5,         -- how many
    60         -- seconds
    )
);

---- records
10:00:00 | {"TICKER": "TBV"} {"TICKER": "INTC"} {"TICKER": "MSFT"} {"TICKER": "AMZN"} {"TICKER": "AMD"}
10:00:10 | {"TICKER": "AAPL"} {"TICKER": "AAPL"} {"TICKER": "AAPL"} {"TICKER": "AAPL"} {"TICKER": "AAPL"} {"TICKER": "AAPL"}
10:00:20 | {"TICKER": "INTC"} {"TICKER": "MSFT"} {"TICKER": "AMZN"} {"TICKER": "TBV"}
10:00:30 | {"TICKER": "INTC"} {"TICKER": "MSFT"} {"TICKER": "AMZN"}
10:00:40 | {"TICKER": "INTC"} {"TICKER": "MSFT"}
10:00:59.999 | {"TICKER": "INTC"}
10:01:00 | {"TICKER": "AMD"}
10:02:00 |
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER | MOST_FREQUENT_VALUES
10:01:00 | AAPL   | 6
10:01:00 | INTC   | 5
10:01:00 | MSFT   | 4
10:01:00 | AMZN   | 3
10:01:00 | TBV    | 2
10:02:00 | AMD    | 1
