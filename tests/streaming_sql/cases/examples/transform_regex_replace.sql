-- Page: Developer Guide, "Example: Replacing a Substring using Regex (REGEX_REPLACE Function)"
-- Columns: "REFERRER" VARCHAR(32), "APPROXIMATE_ARRIVAL_TIME" TIMESTAMP
-- http:// becomes https://, every occurrence (0) from the first character on. The page's record, one with two, one with
-- none, and one that is longer than the 32 characters it goes into afterwards (its last is cut off).

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" ("ingest_time" TIMESTAMP, "referrer" VARCHAR(32));
CREATE OR REPLACE PUMP "secure" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM "APPROXIMATE_ARRIVAL_TIME", REGEX_REPLACE("REFERRER", 'http://', 'https://', 1, 0)
FROM "SOURCE_SQL_STREAM_001";

---- records
10:00:00 | {"REFERRER": "http://www.amazon.com"}
10:00:01 | {"REFERRER": "http://a.com/?u=http://b.com"}
10:00:02 | {"REFERRER": "ftp://www.amazon.com"}
10:00:03 | {"REFERRER": "http://www.a-long-name.com/index"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | ingest_time             | referrer
10:00:00 | 2026-01-05 10:00:00.000 | https://www.amazon.com
10:00:01 | 2026-01-05 10:00:01.000 | https://a.com/?u=https://b.com
10:00:02 | 2026-01-05 10:00:02.000 | ftp://www.amazon.com
10:00:03 | 2026-01-05 10:00:03.000 | https://www.a-long-name.com/inde
