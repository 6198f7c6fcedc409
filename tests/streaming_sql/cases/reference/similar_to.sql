-- Page: SQL Reference, "String Operators" (its table of SIMILAR TO)
-- Columns: "s" VARCHAR(9), "pattern" VARCHAR(20)
-- Not here: '123aXYZ' SIMILAR TO '', TRUE on the page, which cannot be. A bar between two words is lost on the page.

CREATE OR REPLACE STREAM "S" ("similar" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM "s" SIMILAR TO "pattern" ESCAPE '\' FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s         | pattern
10:00:00 | a         | A
10:00:01 | ab        | a_
10:00:02 | abcd      | a%
10:00:03 | ""        | ""
10:00:04 | 123aXYZ   | _%_a%_
10:00:05 | xy        | (xy)
10:00:06 | bdd       | [ab][bcde]d
10:00:07 | abd       | [ab]d
10:00:08 | cd        | [a-e]d
10:00:09 | cd        | [a-e^c]d
10:00:10 | dd        | [a-e^c]d
10:00:11 | fred      | "amy|fred"
10:00:12 | mike      | "amy|fred"
10:00:13 | accccd    | ab*c+d
10:00:14 | abd       | ab*c+d
10:00:15 | abb       | a(b{3})
10:00:16 | abbb      | a(b{3})
10:00:17 | abbbbb    | ab{3,6}
10:00:18 | abbbbbbbb | ab{3,6}
10:00:19 | ""        | (ab)?
10:00:20 | a         | (ab)?
10:00:21 | a         | a(b?)
10:00:22 | ab        | a\_
10:00:23 | a_        | a\_
10:00:24 | a%        | a\%
10:00:25 | a(b{3})   | a(b{3})
10:00:26 | a(b{3})   | a\(b\{3\}\)
---- stream "S"
ROWTIME  | similar
10:00:00 | false
10:00:01 | true
10:00:02 | true
10:00:03 | true
10:00:04 | true
10:00:05 | true
10:00:06 | true
10:00:07 | false
10:00:08 | true
10:00:09 | false
10:00:10 | true
10:00:11 | true
10:00:12 | false
10:00:13 | true
10:00:14 | false
10:00:15 | false
10:00:16 | true
10:00:17 | true
10:00:18 | false
10:00:19 | true
10:00:20 | false
10:00:21 | true
10:00:22 | false
10:00:23 | true
10:00:24 | true
10:00:25 | false
10:00:26 | true
