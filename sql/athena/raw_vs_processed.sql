-- Rows before and after the transformation: the two figures should be the same.
SELECT
    'raw' AS stage,
    count(*) AS records
FROM raw_events
UNION ALL
SELECT
    'processed' AS stage,
    count(*) AS records
FROM processed_events
ORDER BY stage DESC
