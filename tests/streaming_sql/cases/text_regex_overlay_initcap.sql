-- Page: SQL Reference, "REGEX_REPLACE", "OVERLAY", "INITCAP", "SUBSTRING" (SIMILAR); Developer Guide, "Example: Replacing a Substring using Regex"
-- Columns: "REFERRER" VARCHAR(64)
-- REGEX_REPLACE(original, pattern, replacement, start, occurrence): occurrence 0 is every one, start counts from 1. INITCAP goes by words between
-- blanks, and lowers the rest.

CREATE OR REPLACE STREAM "S" (
    "https" VARCHAR(64), "all" VARCHAR(64), "second" VARCHAR(64), "over" VARCHAR(64), "cap" VARCHAR(64), "web" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM REGEX_REPLACE(REFERRER, 'http://', 'https://', 1, 0), REGEX_REPLACE(REFERRER, 'o', '0', 1, 0),
    REGEX_REPLACE(REFERRER, 'o', '0', 1, 2), OVERLAY(REFERRER PLACING 'ftp' FROM 1 FOR 4), INITCAP(REFERRER),
    REFERRER SIMILAR TO '%(com|org)'
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | REFERRER
10:00:00 | http://www.books.com
10:00:01 | plain
10:00:02 | NULL
---- stream "S"
ROWTIME  | https                 | all                  | second               | over                | cap                  | web
10:00:00 | https://www.books.com | http://www.b00ks.c0m | http://www.bo0ks.com | ftp://www.books.com |  Http://www.books.com | true
10:00:01 | plain                 | plain                | plain                | ftpn                | Plain                | false
10:00:02 | NULL                  | NULL                 | NULL                 | NULL                | NULL                 | NULL
