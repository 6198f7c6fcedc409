"""Athena's functions the local Athena knows, and those DuckDB needs told how Athena means them.

A query that calls anything else is refused: DuckDB has hundreds of functions Athena has not, and a
query that works here must work there. Names: https://trino.io/docs/current/functions/list.html

Athena's errors are raised by athena_error, a function of ours: DuckDB's TRY takes none that may be volatile, as its
own error() is. That one is left to what the local Athena cannot do, which TRY must not hide.
"""

from __future__ import annotations

NAMES = """
    abs any_value approx_distinct approx_percentile arbitrary array_agg array_distinct array_join
    array_max array_min array_sort avg bitwise_and bitwise_or bitwise_xor bool_and bool_or cardinality
    cast ceil ceiling chr coalesce concat concat_ws contains corr cos count count_if covar_pop
    covar_samp cume_dist current_date current_timestamp date date_add date_diff date_format date_parse
    date_trunc day day_of_month day_of_week day_of_year degrees dense_rank dow doy e element_at every
    exp extract filter first_value flatten floor from_hex from_iso8601_date from_iso8601_timestamp
    from_unixtime greatest histogram hour if infinity is_finite is_infinite is_nan json_array_length
    json_extract json_extract_scalar json_format json_parse lag last_day_of_month last_value lead least
    length levenshtein_distance listagg ln localtimestamp log log10 log2 lower lpad ltrim map map_agg
    map_from_entries map_keys map_values max max_by millisecond min min_by minute mod month now
    nth_value ntile nullif nan percent_rank pi position pow power quarter radians rank regexp_extract
    regexp_like regexp_replace replace reverse round row row_number rpad rtrim second sequence sign sin
    split split_part sqrt starts_with stddev stddev_pop stddev_samp strpos substr substring sum tan
    to_hex to_iso8601 to_unixtime transform trim truncate try try_cast typeof unnest upper var_pop var_samp
    variance week year
"""
KNOWN = frozenset(NAMES.split())

DECIMALS = (
    "NOT_SUPPORTED: the local Athena cannot tell the digits of these decimals, to which Athena rounds what is "
    "divided: name them, as in CAST(a AS decimal(10, 2)) / b, or make one a double, as in CAST(a AS double) / b"
)
DOUBLES = (
    "NOT_SUPPORTED: the local Athena cannot tell beforehand that a double is divided here, by 0: name the type, as in "
    "CAST(a AS double) / b"
)
WRONG_WAY = (
    "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if step is "
    "greater than zero otherwise stop should be less than or equal to start"
)
TOO_LONG = "INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries"


def _sequence(start: str, stop: str, step: str, kind: str, zero: str | None = None) -> str:
    """An array from start to stop; ``zero``: the step that is given may not be this, nor lead away from stop."""
    made = f"CAST(generate_series({start}, {stop}, {step}) AS {kind})"
    bounded = f"CASE WHEN len({made}) > 10000 THEN athena_error('{TOO_LONG}') ELSE {made} END"
    if zero is None:
        return bounded
    wrong = f"{step} = {zero} OR ({step} > {zero} AND {start} > {stop}) OR ({step} < {zero} AND {start} < {stop})"
    return f"CASE WHEN {wrong} THEN athena_error('{WRONG_WAY}') ELSE {bounded} END"


# Called by the names translate.py puts in the place of Athena's.
MACROS = (
    # What is divided where types are not known; integers as integers, which is a setting of the connection.
    f"""CREATE MACRO athena_divide(a, b) AS
        CASE WHEN (typeof(a) LIKE 'DECIMAL%' AND typeof(b) NOT IN ('DOUBLE', 'FLOAT'))
               OR (typeof(b) LIKE 'DECIMAL%' AND typeof(a) NOT IN ('DOUBLE', 'FLOAT'))
             THEN error('{DECIMALS}')
             WHEN b = 0 AND (typeof(a) IN ('DOUBLE', 'FLOAT') OR typeof(b) IN ('DOUBLE', 'FLOAT'))
             THEN error('{DOUBLES}') ELSE a / b END""",
    "CREATE MACRO athena_divide_integers(a, b) AS a / b",
    # As IEEE 754 has it; DuckDB refuses. A zero may be negative.
    """CREATE MACRO athena_divide_doubles(a, b) AS
        CASE WHEN b = 0 THEN a * CAST(CASE WHEN CAST(b AS VARCHAR) LIKE '-%' THEN '-Infinity' ELSE 'Infinity' END
                                      AS DOUBLE)
             ELSE CAST(a AS DOUBLE) / b END""",
    # A number whose digits after the point are as many as told, or integers.
    f"""CREATE MACRO athena_digits(x, places) AS
        CASE WHEN typeof(x) LIKE 'DECIMAL%' AND typeof(x) NOT LIKE '%,' || places || ')'
             THEN error('{DECIMALS}') ELSE x END""",
    """CREATE MACRO athena_divide_decimals(a, b, places) AS
        CASE WHEN b = 0 THEN athena_error('DIVISION_BY_ZERO: Division by zero')
             ELSE athena_quotient(CAST(a AS VARCHAR), CAST(b AS VARCHAR), places) END""",
    r"""CREATE MACRO athena_from_iso8601_timestamp(s) AS
        CASE WHEN s IS NULL THEN NULL
             WHEN regexp_full_match(
                s, '\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?')
             THEN CAST(s AS TIMESTAMPTZ)
             ELSE athena_error('INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"') END""",
    r"""CREATE MACRO athena_from_iso8601_date(s) AS
        CASE WHEN s IS NULL THEN NULL
             WHEN regexp_full_match(s, '\d{4}-\d{2}-\d{2}') THEN CAST(s AS DATE)
             ELSE athena_error('INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"') END""",
    """CREATE MACRO athena_json_extract_scalar(j, p) AS
        CASE WHEN json_type(j, p) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL
             ELSE json_extract_string(j, p) END""",
    """CREATE MACRO athena_regexp_extract(s, p, g) AS
        CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END""",
    """CREATE MACRO athena_split_part(s, d, i) AS
        CASE WHEN i <= len(string_split(s, d)) THEN split_part(s, d, i) END""",
    """CREATE MACRO athena_element(a, i) AS
        CASE WHEN i <= 0 OR i > len(a) THEN athena_error('INVALID_FUNCTION_ARGUMENT: ' ||
            CASE WHEN i = 0 THEN 'SQL array indices start at 1'
                 WHEN i < 0 THEN 'Array subscript is negative: ' || i
                 ELSE 'Array subscript must be less than or equal to array length: ' || i || ' > ' || len(a) END)
        ELSE a[i] END""",
    """CREATE MACRO athena_value(m, k) AS
        CASE WHEN map_contains(m, k) THEN m[k]
             WHEN m IS NOT NULL AND k IS NOT NULL
             THEN athena_error('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST(k AS VARCHAR)) END""",
    # Nothing stands at 0, before the first character, or in a negative length.
    """CREATE MACRO athena_substr(s, b) AS
        CASE WHEN s IS NOT NULL AND (b = 0 OR -b > length(s)) THEN '' ELSE substr(s, b) END,
        (s, b, n) AS
        CASE WHEN s IS NOT NULL AND b IS NOT NULL AND n IS NOT NULL AND (b = 0 OR -b > length(s) OR n <= 0)
             THEN '' ELSE substr(s, b, n) END""",
    f"""CREATE MACRO athena_sequence(a DATE, b DATE) AS
            {_sequence("a", "b", "CASE WHEN a > b THEN INTERVAL (-1) DAY ELSE INTERVAL 1 DAY END", "DATE[]")},
        (a DATE, b DATE, i INTERVAL) AS {_sequence("a", "b", "i", "DATE[]", "INTERVAL 0 DAY")},
        (a TIMESTAMP, b TIMESTAMP, i INTERVAL) AS {_sequence("a", "b", "i", "TIMESTAMP[]", "INTERVAL 0 DAY")},
        (a TIMESTAMPTZ, b TIMESTAMPTZ, i INTERVAL) AS
            {_sequence("a", "b", "i", "TIMESTAMPTZ[]", "INTERVAL 0 DAY")},
        (a BIGINT, b BIGINT) AS {_sequence("a", "b", "CASE WHEN a > b THEN -1 ELSE 1 END", "BIGINT[]")},
        (a BIGINT, b BIGINT, i BIGINT) AS {_sequence("a", "b", "i", "BIGINT[]", "0")}""",
    # A date stays a date; DuckDB would make a timestamp of it.
    """CREATE MACRO athena_shift(t DATE, i INTERVAL) AS CAST(t + i AS DATE),
        (t TIMESTAMP, i INTERVAL) AS t + i, (t TIMESTAMPTZ, i INTERVAL) AS t + i""",
    """CREATE MACRO athena_date_trunc(u, t DATE) AS CAST(date_trunc(u, t) AS DATE),
        (u, t TIMESTAMP) AS date_trunc(u, t), (u, t TIMESTAMPTZ) AS date_trunc(u, t)""",
    """CREATE MACRO millisecond(t) AS CAST(extract(milliseconds FROM t) AS BIGINT) % 1000""",
    """CREATE MACRO to_iso8601(t) AS
        CASE typeof(t)
             WHEN 'DATE' THEN strftime(t, '%Y-%m-%d')
             WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(t, '%Y-%m-%dT%H:%M:%S.%gZ')
             ELSE strftime(t, '%Y-%m-%dT%H:%M:%S.%g') END""",
    "CREATE MACRO map_agg(k, v) AS map(list(k), list(v))",
    "CREATE MACRO infinity() AS CAST('Infinity' AS DOUBLE)",
    "CREATE MACRO nan() AS CAST('NaN' AS DOUBLE)",
    "CREATE MACRO e() AS exp(1e0)",
    "CREATE MACRO every(x) AS bool_and(x)",
    "CREATE MACRO is_finite(x) AS isfinite(x)",
    "CREATE MACRO is_infinite(x) AS isinf(x)",
)
