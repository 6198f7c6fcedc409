-- Page: Developer Guide, "In-Application Streams and Pumps"; SQL Reference, "GROUP BY clause"
-- Columns: "n" INTEGER
-- Ten-second counts, and their highest in each minute. A ten-second window ending 10:01:00 has that ROWTIME: it
-- belongs to the minute that begins there.

CREATE OR REPLACE STREAM "TENS" ("n" BIGINT);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "TENS"
    SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM "HIGHEST" ("n" BIGINT, "windows" BIGINT);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "HIGHEST"
    SELECT STREAM MAX("n"), COUNT(*) FROM "TENS" GROUP BY FLOOR("TENS".ROWTIME TO MINUTE);

---- input
ROWTIME  | n
10:00:01 | 1
10:00:02 | 1
10:00:31 | 1
10:00:55 | 1
10:00:56 | 1
10:00:57 | 1
10:02:00
---- stream "TENS"
ROWTIME  | n
10:00:10 | 2
10:00:40 | 1
10:01:00 | 3
---- stream "HIGHEST"
ROWTIME  | n | windows
10:01:00 | 2 | 2
10:02:00 | 3 | 1
