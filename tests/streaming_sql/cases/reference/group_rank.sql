-- Page: SQL Reference, "Group Rank" (its query)
-- Columns: "TICKER_SYMBOL" VARCHAR(4)
-- The tickers of each second by their count, the most frequent first; equal counts have the same rank, and the rank behind
-- them counts both (RANK). The last second is not over.

CREATE OR REPLACE STREAM "ticker_grouped" ("group_time" TIMESTAMP, "ticker" VARCHAR(65520), "ticker_count" INTEGER);
CREATE OR REPLACE STREAM "destination_sql_stream" (
    "group_time" TIMESTAMP, "ticker" VARCHAR(65520), "ticker_count" INTEGER, "group_rank" INTEGER);
CREATE OR REPLACE PUMP "ticker_pump" AS INSERT INTO "ticker_grouped"
SELECT STREAM FLOOR(SOURCE_SQL_STREAM_001.ROWTIME TO SECOND), "TICKER_SYMBOL", COUNT(TICKER_SYMBOL)
FROM SOURCE_SQL_STREAM_001 GROUP BY FLOOR(SOURCE_SQL_STREAM_001.ROWTIME TO SECOND), TICKER_SYMBOL;
CREATE OR REPLACE PUMP DESTINATION_SQL_STREAM_PUMP AS INSERT INTO "destination_sql_stream"
SELECT STREAM "group_time", "ticker", "ticker_count", "groupRank"
FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM "ticker_grouped"), 'ticker_count', 'groupRank', 'desc', 'asc', 5, 0));

CREATE OR REPLACE STREAM "LEAST_TWO" ("ticker" VARCHAR(8), "rank" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "LEAST_TWO"
SELECT STREAM "ticker", "rank"
FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM "ticker_grouped"), 'ticker_count', 'rank', 'desc', 'desc', 0, 2));

---- input
ROWTIME      | TICKER_SYMBOL
10:00:00     | AAPL
10:00:00.100 | AMZN
10:00:00.200 | TGT
10:00:00.300 | AMZN
10:00:00.400 | TGT
10:00:00.500 | QXZ
10:00:01     | WAS
10:00:02     | WAS
---- stream "destination_sql_stream"
ROWTIME  | group_time              | ticker | ticker_count | group_rank
10:00:01 | 2026-01-05 10:00:00.000 | AMZN   | 2            | 1
10:00:01 | 2026-01-05 10:00:00.000 | TGT    | 2            | 1
10:00:01 | 2026-01-05 10:00:00.000 | AAPL   | 1            | 3
10:00:01 | 2026-01-05 10:00:00.000 | QXZ    | 1            | 3
---- stream "LEAST_TWO"
ROWTIME  | ticker | rank
10:00:01 | AAPL   | 3
10:00:01 | QXZ    | 3
