-- Page: SQL Reference, "VAR_POP", "VAR_SAMP", "STDDEV_POP", "STDDEV_SAMP", "FIRST_VALUE", "LAST_VALUE"
-- Columns: "x" DOUBLE
-- Of 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squared differences 9+1+1+1+0+0+4+16 = 32; population variance 32/8 = 4, sample variance 32/7.
-- Of one value the population variance is 0; the sample variance is not defined.

CREATE OR REPLACE STREAM "S" ("vp" DOUBLE, "vs" DOUBLE, "sp" DOUBLE, "ss" DOUBLE);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "S"
SELECT STREAM VAR_POP("x"), VAR_SAMP("x"), STDDEV_POP("x"), STDDEV_SAMP("x") FROM "SOURCE_SQL_STREAM_001"
GROUP BY FLOOR(ROWTIME TO MINUTE);

---- input
ROWTIME  | x
10:00:00 | 2
10:00:01 | 4
10:00:02 | 4
10:00:03 | 4
10:00:04 | 5
10:00:05 | 5
10:00:06 | 7
10:00:07 | 9
10:00:08 | NULL
10:01:00 | 3
10:02:00
---- stream "S"
ROWTIME  | vp  | vs                | sp  | ss
10:01:00 | 4.0 | 4.571428571428571 | 2.0 | 2.138089935299395
10:02:00 | 0.0 | NULL              | 0.0 | NULL
