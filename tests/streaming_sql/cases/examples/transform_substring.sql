-- Page: Developer Guide, "Example: Extracting a Portion of a String (SUBSTRING Function)"
-- Columns: "referrer" VARCHAR(32), "APPROXIMATE_ARRIVAL_TIME" TIMESTAMP
-- The company in an address: from the 12th character on, up to ".com". The records are the page's and those of
-- "Examples: Transforming String Values". By hand: ".com" begins at 18, "www." at 8, so 18 - 8 - 4 = 6 characters.
-- The page's records call the field REFERRER, its program reads "referrer"; see transform_substring_case.sql.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("ingest_time" TIMESTAMP, "referrer" VARCHAR(32));
CREATE OR REPLACE PUMP "companies" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM "APPROXIMATE_ARRIVAL_TIME",
    SUBSTRING("referrer", 12, (POSITION('.com' IN "referrer") - POSITION('www.' IN "referrer") - 4))
FROM "SOURCE_SQL_STREAM_001";

---- records
10:00:00 | {"referrer": "http://www.amazon.com"}
10:00:01 | {"referrer": "http://www.stackoverflow.com"}
10:00:02 | {"referrer": null}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | ingest_time             | referrer
10:00:00 | 2026-01-05 10:00:00.000 | amazon
10:00:01 | 2026-01-05 10:00:01.000 | stackoverflow
10:00:02 | 2026-01-05 10:00:02.000 | NULL
