-- Page: SQL Reference, "FLOOR", "CEIL / CEILING", "POWER", "LN", "LOG10", "EXP", "SQRT" (their tables of examples)
-- Columns: "x" DOUBLE
-- The references' figures: FLOOR(5.2) is 5, FLOOR(-3.3) is -4, CEIL(5.2) is 6, CEIL(-3.3) is -3, POWER(4, -2) is 0.0625,
-- LN(10) is 2.302585092994046, EXP(2.5) is 12.182493960703473. What is not defined goes to error_stream.

CREATE OR REPLACE STREAM "S" ("floor" DOUBLE, "ceil" DOUBLE, "power" DOUBLE, "exp" DOUBLE);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "S"
SELECT STREAM FLOOR("x"), CEILING("x"), POWER("x", -2), EXP("x") FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "LOGS" ("ln" DOUBLE, "log10" DOUBLE, "sqrt" DOUBLE);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "LOGS"
SELECT STREAM LN("x"), LOG10("x"), SQRT("x") FROM "SOURCE_SQL_STREAM_001";

---- input
ROWTIME  | x
10:00:00 | 5.2
10:00:01 | -3.3
10:00:02 | 4
10:00:03 | 10
10:00:04 | 2.5
---- stream "S"
ROWTIME  | floor | ceil | power               | exp
10:00:00 | 5.0   | 6.0  | 0.03698224852071006 | 181.27224187515122
10:00:01 | -4.0  | -3.0 | 0.09182736455463728 | 0.036883167401240015
10:00:02 | 4.0   | 4.0  | 0.0625              | 54.598150033144236
10:00:03 | 10.0  | 10.0 | 0.01                | 22026.465794806718
10:00:04 | 2.0   | 3.0  | 0.16                | 12.182493960703473
---- stream "LOGS"
ROWTIME  | ln                 | log10               | sqrt
10:00:00 | 1.6486586255873816 | 0.7160033436347992  | 2.280350850198276
10:00:02 | 1.3862943611198906 | 0.6020599913279624  | 2.0
10:00:03 | 2.302585092994046  | 1.0                 | 3.1622776601683795
10:00:04 | 0.9162907318741551 | 0.3979400086720376  | 1.5811388300841898
---- stream "error_stream"
ROWTIME  | ERROR_NAME       | PUMP_NAME
10:00:01 | Invalid argument | P2
