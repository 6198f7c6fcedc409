-- Page: SQL Reference, "Windowed Aggregation on Streams" (its input and both its tables of results)
-- Source: WEATHERSTREAM
-- Columns: "CITY" VARCHAR(16), "TEMP" INTEGER
-- A reading exactly one day old still counts: at 2018-11-02 01:00 the 2 of the day before does. AVG of whole numbers is cut:
-- 29 and 32 give 30.

CREATE OR REPLACE STREAM "ALL_CITIES" (WMIN_TEMP INTEGER, WMAX_TEMP INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "ALL_CITIES"
SELECT STREAM MIN(TEMP) OVER W1 AS WMIN_TEMP, MAX(TEMP) OVER W1 AS WMAX_TEMP
FROM WEATHERSTREAM WINDOW W1 AS (RANGE INTERVAL '1' DAY PRECEDING);
CREATE OR REPLACE STREAM "BY_CITY" (CITY VARCHAR(16), WMIN_TEMP INTEGER, WMAX_TEMP INTEGER, WAVG_TEMP INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "BY_CITY"
SELECT STREAM CITY, MIN(TEMP) over W1 AS WMIN_TEMP, MAX(TEMP) over W1 AS WMAX_TEMP, AVG(TEMP) over W1 AS WAVG_TEMP
FROM WEATHERSTREAM WINDOW W1 AS (PARTITION BY CITY RANGE INTERVAL '1' DAY PRECEDING);

---- input
ROWTIME             | CITY      | TEMP
2018-11-01 01:00:00 | Denver    | 29
2018-11-01 01:00:00 | Anchorage | 2
2018-11-01 06:00:00 | Miami     | 65
2018-11-01 07:00:00 | Denver    | 32
2018-11-01 09:00:00 | Anchorage | 9
2018-11-01 13:00:00 | Denver    | 50
2018-11-01 17:00:00 | Anchorage | 10
2018-11-01 18:00:00 | Miami     | 71
2018-11-01 19:00:00 | Denver    | 43
2018-11-02 01:00:00 | Anchorage | 4
2018-11-02 01:00:00 | Denver    | 39
2018-11-02 07:00:00 | Denver    | 46
2018-11-02 09:00:00 | Anchorage | 3
2018-11-02 13:00:00 | Denver    | 56
2018-11-02 17:00:00 | Anchorage | 2
2018-11-02 19:00:00 | Denver    | 50
2018-11-03 01:00:00 | Denver    | 36
2018-11-03 01:00:00 | Anchorage | 1
---- stream "ALL_CITIES"
ROWTIME             | WMIN_TEMP | WMAX_TEMP
2018-11-01 01:00:00 | 29 | 29
2018-11-01 01:00:00 | 2  | 29
2018-11-01 06:00:00 | 2  | 65
2018-11-01 07:00:00 | 2  | 65
2018-11-01 09:00:00 | 2  | 65
2018-11-01 13:00:00 | 2  | 65
2018-11-01 17:00:00 | 2  | 65
2018-11-01 18:00:00 | 2  | 71
2018-11-01 19:00:00 | 2  | 71
2018-11-02 01:00:00 | 2  | 71
2018-11-02 01:00:00 | 2  | 71
2018-11-02 07:00:00 | 4  | 71
2018-11-02 09:00:00 | 3  | 71
2018-11-02 13:00:00 | 3  | 71
2018-11-02 17:00:00 | 2  | 71
2018-11-02 19:00:00 | 2  | 56
2018-11-03 01:00:00 | 2  | 56
2018-11-03 01:00:00 | 1  | 56
---- stream "BY_CITY"
ROWTIME             | CITY      | WMIN_TEMP | WMAX_TEMP | WAVG_TEMP
2018-11-01 01:00:00 | Denver    | 29 | 29 | 29
2018-11-01 01:00:00 | Anchorage | 2  | 2  | 2
2018-11-01 06:00:00 | Miami     | 65 | 65 | 65
2018-11-01 07:00:00 | Denver    | 29 | 32 | 30
2018-11-01 09:00:00 | Anchorage | 2  | 9  | 5
2018-11-01 13:00:00 | Denver    | 29 | 50 | 37
2018-11-01 17:00:00 | Anchorage | 2  | 10 | 7
2018-11-01 18:00:00 | Miami     | 65 | 71 | 68
2018-11-01 19:00:00 | Denver    | 29 | 50 | 38
2018-11-02 01:00:00 | Anchorage | 2  | 10 | 6
2018-11-02 01:00:00 | Denver    | 29 | 50 | 38
2018-11-02 07:00:00 | Denver    | 32 | 50 | 42
2018-11-02 09:00:00 | Anchorage | 3  | 10 | 6
2018-11-02 13:00:00 | Denver    | 39 | 56 | 46
2018-11-02 17:00:00 | Anchorage | 2  | 10 | 4
2018-11-02 19:00:00 | Denver    | 39 | 56 | 46
2018-11-03 01:00:00 | Denver    | 36 | 56 | 45
2018-11-03 01:00:00 | Anchorage | 1  | 4  | 2
