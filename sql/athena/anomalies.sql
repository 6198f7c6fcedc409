-- What the application found: the click-through rate (percent) it took for an anomaly, and its score.
-- detected_at is UTC.
SELECT
    CAST(from_iso8601_timestamp(detected_at) AS timestamp) AS detected_at,
    ctr_percent,
    anomaly_score
FROM anomalies
ORDER BY detected_at, anomaly_score
