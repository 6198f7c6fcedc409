-- Page: Developer Guide, "Tumbling Windows (Aggregations Using GROUP BY)"
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- The page's query: the lowest and the highest price of each ticker in windows of a minute. Names are not
-- quoted in it, so they are upper-cased. The page calls both prices Price; a stream's columns need two names.

CREATE OR REPLACE STREAM EXTREMES (ticker_symbol VARCHAR(4), low REAL, high REAL);
CREATE OR REPLACE PUMP EXTREMES_PUMP AS INSERT INTO EXTREMES
SELECT STREAM Ticker_Symbol, MIN(Price) AS Price, MAX(Price) AS Price
FROM "SOURCE_SQL_STREAM_001"
GROUP BY Ticker_Symbol, STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND);

---- input
ROWTIME  | TICKER_SYMBOL | SECTOR     | CHANGE | PRICE
09:00:10 | ABC           | TECHNOLOGY | 1.5    | 20.5
09:00:20 | XYZ           | ENERGY     | 0.5    | 10.0
09:00:59 | ABC           | TECHNOLOGY | -2.5   | 18.0
09:01:00 | ABC           | TECHNOLOGY | 4.0    | 22.0
09:02:30
---- stream "EXTREMES"
ROWTIME  | TICKER_SYMBOL | LOW  | HIGH
09:01:00 | ABC           | 18.0 | 20.5
09:01:00 | XYZ           | 10.0 | 10.0
09:02:00 | ABC           | 22.0 | 22.0
