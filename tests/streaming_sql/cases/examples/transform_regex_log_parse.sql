-- Page: Developer Guide, "Example: Parsing Log Strings Based on Regular Expressions (REGEX_LOG_PARSE Function)"
-- Columns: "LOGENTRY" VARCHAR(256)
-- By hand: groups are greedy, from left to right. The last is the last word; the third the word before it; the second
-- begins at the last word that begins with a digit (125), the first takes all before. Then each is cut to 24 characters.

CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (logentry VARCHAR(24), match1 VARCHAR(24), match2 VARCHAR(24));
CREATE OR REPLACE PUMP "entries" AS INSERT INTO "DESTINATION_SQL_STREAM"
SELECT STREAM T.LOGENTRY, T.REC.COLUMN1, T.REC.COLUMN2
FROM (SELECT STREAM LOGENTRY, REGEX_LOG_PARSE(LOGENTRY, '(\w.+) (\d.+) (\w.+) (\w.+)') AS REC
    FROM SOURCE_SQL_STREAM_001) AS T;

---- records
10:00:00 | {"LOGENTRY": "203.0.113.24 - - [25/Mar/2018:15:25:37 -0700] \"GET /index.php HTTP/1.1\" 200 125 \"-\" \"Mozilla/5.0 [en] Gecko/20100101 Firefox/52.0\""}
10:00:01 | {"LOGENTRY": "no digits here at all"}
---- stream "DESTINATION_SQL_STREAM"
ROWTIME  | LOGENTRY                 | MATCH1                   | MATCH2
10:00:00 | 203.0.113.24 - - [25/Mar | 203.0.113.24 - - [25/Mar | "125 \"-\" \"Mozilla/5.0 [en"
10:00:01 | no digits here at all    | NULL                     | NULL
