-- Page: SQL Reference, "ORDER BY clause" (its last example)
-- Source: ORDERS
-- Columns: "STATE" VARCHAR(2), "CITY" VARCHAR(16), "AMOUNT" INTEGER

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (state VARCHAR(2), city VARCHAR(16), amount BIGINT);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM state, city, SUM(amount)
FROM orders
GROUP BY FLOOR(ROWTIME TO HOUR), state, city
ORDER BY FLOOR(ROWTIME TO HOUR), state, SUM(amount);

---- input
ROWTIME  | STATE | CITY    | AMOUNT
10:00:00 | WA    | Seattle | 5
10:10:00 | CA    | Fresno  | 9
10:20:00 | CA    | Eureka  | 3
10:30:00 | WA    | Seattle | 5
10:40:00 | WA    | Tacoma  | 7
11:00:00 | WA    | Tacoma  | 1
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | STATE | CITY    | AMOUNT
11:00:00 | CA    | Eureka  | 3
11:00:00 | CA    | Fresno  | 9
11:00:00 | WA    | Tacoma  | 7
11:00:00 | WA    | Seattle | 10
