-- Page: SQL Reference, "Temporal Predicates"
-- Columns: "s" TIMESTAMP, "e" TIMESTAMP
-- Against the period from 10:00 to 11:00, by the definitions of SQL:2011; PERIOD may be left out, and the page says what
-- CONTAINS does with a moment: s <= t AND t < e.

CREATE OR REPLACE STREAM "S" ("overlaps" BOOLEAN, "equals" BOOLEAN, "contains" BOOLEAN, "precedes" BOOLEAN,
    "succeeds" BOOLEAN, "next before" BOOLEAN, "next after" BOOLEAN, "contains 10:30" BOOLEAN, "contains 11:00" BOOLEAN);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM ("s", "e") OVERLAPS (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    PERIOD ("s", "e") EQUALS (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") CONTAINS (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") PRECEDES PERIOD (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") SUCCEEDS (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") IMMEDIATELY PRECEDES (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") IMMEDIATELY SUCCEEDS (TIMESTAMP '2026-01-05 10:00:00', TIMESTAMP '2026-01-05 11:00:00'),
    ("s", "e") CONTAINS TIMESTAMP '2026-01-05 10:30:00', ("s", "e") CONTAINS TIMESTAMP '2026-01-05 11:00:00'
FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | s                   | e
12:00:00 | 2026-01-05 10:00:00 | 2026-01-05 11:00:00
12:00:01 | 2026-01-05 09:00:00 | 2026-01-05 12:00:00
12:00:02 | 2026-01-05 09:00:00 | 2026-01-05 10:00:00
12:00:03 | 2026-01-05 11:00:00 | 2026-01-05 12:00:00
12:00:04 | 2026-01-05 10:30:00 | 2026-01-05 11:30:00
12:00:05 | 2026-01-05 08:00:00 | 2026-01-05 09:00:00
12:00:06 | NULL                | 2026-01-05 09:00:00
---- stream "S"
ROWTIME  | overlaps | equals | contains | precedes | succeeds | next before | next after | contains 10:30 | contains 11:00
12:00:00 | true     | true   | true     | false    | false    | false       | false      | true           | false
12:00:01 | true     | false  | true     | false    | false    | false       | false      | true           | true
12:00:02 | false    | false  | false    | true     | false    | true        | false      | false          | false
12:00:03 | false    | false  | false    | false    | true     | false       | true       | false          | true
12:00:04 | true     | false  | false    | false    | false    | false       | false      | true           | true
12:00:05 | false    | false  | false    | true     | false    | false       | false      | false          | false
12:00:06 | false    | false  | false    | true     | NULL     | false       | NULL       | false          | false
