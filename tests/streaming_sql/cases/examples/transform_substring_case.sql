-- Page: Developer Guide, "Example: Extracting a Portion of a String (SUBSTRING Function)"
-- Columns: "REFERRER" VARCHAR(32), "APPROXIMATE_ARRIVAL_TIME" TIMESTAMP
-- The page's mistake: of its records (REFERRER) discovery makes a column REFERRER, which "referrer" in quotes is not.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("ingest_time" TIMESTAMP, "referrer" VARCHAR(32));
CREATE OR REPLACE PUMP "companies" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM "APPROXIMATE_ARRIVAL_TIME",
    SUBSTRING("referrer", 12, 6)
FROM "SOURCE_SQL_STREAM_001";

---- error
8:15: unknown column referrer
