-- Page: Developer Guide, "Example: Adding Reference Data to a Kinesis Data Analytics Application"
-- Columns: "TICKER_SYMBOL" VARCHAR(4), "SECTOR" VARCHAR(16), "CHANGE" REAL, "PRICE" REAL
-- Reference: "CompanyName" ("Ticker" VARCHAR(8), "Company" VARCHAR(16))
-- The page's TickerReference.csv, with its heading and the blanks after its commas (a value has none around it: our
-- reading). A ticker that is not in it keeps its row, as the page says: not all of them have a company's name.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM"
    (ticker_symbol VARCHAR(4), "Company" varchar(20), sector VARCHAR(12), change DOUBLE, price DOUBLE);
CREATE OR REPLACE PUMP "companies" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM ticker_symbol, "c"."Company", sector, change, price
FROM "SOURCE_SQL_STREAM_001" LEFT JOIN "CompanyName" as "c"
ON "SOURCE_SQL_STREAM_001".ticker_symbol = "c"."Ticker";

---- reference "CompanyName"
Ticker, Company
AMZN,Amazon
ASD, SomeCompanyA
MMB, SomeCompanyB
WAS,  SomeCompanyC
---- records
10:00:00 | {"TICKER_SYMBOL": "AMZN", "SECTOR": "RETAIL", "CHANGE": 0.5, "PRICE": 100.5}
10:00:01 | {"TICKER_SYMBOL": "TGT", "SECTOR": "RETAIL", "CHANGE": -1.5, "PRICE": 58.25}
10:00:02 | {"TICKER_SYMBOL": "WAS", "SECTOR": "RETAIL", "CHANGE": 0.25, "PRICE": 12.75}
10:00:02 | {"TICKER_SYMBOL": null, "SECTOR": null, "CHANGE": null, "PRICE": null}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | TICKER_SYMBOL | Company      | SECTOR | CHANGE | PRICE
10:00:00 | AMZN          | Amazon       | RETAIL | 0.5    | 100.5
10:00:01 | TGT           | NULL         | RETAIL | -1.5   | 58.25
10:00:02 | WAS           | SomeCompanyC | RETAIL | 0.25   | 12.75
10:00:02 | NULL          | NULL         | NULL   | NULL   | NULL
