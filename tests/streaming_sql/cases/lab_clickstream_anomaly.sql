-- Page: clickstream lab, "anomaly_detection.sql", whole; SQL Reference, "RANDOM_CUT_FOREST"
-- Columns: "browseraction" VARCHAR(16), "site" VARCHAR(32)
-- Twelve windows with a click for each impression fill the sample of twelve; the thirteenth scores log2(12) / (12 + 1) =
-- 0.28, below 2, and is held back. Then two clicks for one impression: a value unlike the only leaf's, so every tree gives
-- log2(12) / 1 = 3.585 (nothing lies above a single leaf).

CREATE OR REPLACE STREAM "CLICKSTREAM" ( 
   "CLICKCOUNT" DOUBLE
);

CREATE OR REPLACE PUMP "CLICKPUMP" AS 
INSERT INTO "CLICKSTREAM" ("CLICKCOUNT") 
SELECT STREAM COUNT(*) 
FROM "SOURCE_SQL_STREAM_001"
WHERE "browseraction" = 'Click'
GROUP BY FLOOR(
  ("SOURCE_SQL_STREAM_001".ROWTIME - TIMESTAMP '1970-01-01 00:00:00')
    SECOND / 10 TO SECOND
);

CREATE OR REPLACE STREAM "IMPRESSIONSTREAM" ( 
   "IMPRESSIONCOUNT" DOUBLE
);

CREATE OR REPLACE PUMP "IMPRESSIONPUMP" AS 
INSERT INTO "IMPRESSIONSTREAM" ("IMPRESSIONCOUNT") 
SELECT STREAM COUNT(*) 
FROM "SOURCE_SQL_STREAM_001"
WHERE "browseraction" = 'Impression'
GROUP BY FLOOR(
  ("SOURCE_SQL_STREAM_001".ROWTIME - TIMESTAMP '1970-01-01 00:00:00')
    SECOND / 10 TO SECOND
);
  
CREATE OR REPLACE STREAM "CTRSTREAM" (
  "CTR" DOUBLE
);


CREATE OR REPLACE PUMP "CTRPUMP" AS 
INSERT INTO "CTRSTREAM" ("CTR")
SELECT STREAM "CLICKCOUNT" / "IMPRESSIONCOUNT" * 100.000 as "CTR"
FROM "IMPRESSIONSTREAM",
  "CLICKSTREAM"
WHERE "IMPRESSIONSTREAM".ROWTIME = "CLICKSTREAM".ROWTIME;


CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
    "CTRPERCENT" DOUBLE,
    "ANOMALY_SCORE" DOUBLE
);

CREATE OR REPLACE PUMP "OUTPUT_PUMP" AS 
INSERT INTO "DESTINATION_SQL_STREAM" 
SELECT STREAM * FROM
TABLE (RANDOM_CUT_FOREST( 
             CURSOR(SELECT STREAM "CTR" FROM "CTRSTREAM"), --inputStream
             100, --numberOfTrees (default)
             12, --subSampleSize 
             100000, --timeDecay (default)
             1) --shingleSize (default)
)
WHERE ANOMALY_SCORE > 2;

---- records
10:00:00 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:00:10 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:00:20 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:00:30 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:00:40 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:00:50 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:00 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:10 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:20 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:30 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:40 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:01:50 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:02:00 | {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}
10:02:10 | {"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"} {"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}
10:02:20 |
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | CTRPERCENT | ANOMALY_SCORE
10:02:20 | 200.0      | 3.584962500721156
