-- Clicks, impressions and click-through rate (percent) in windows of 10 seconds.
-- The windows are those of the streaming application: aligned to the epoch, and shown only where there
-- was at least one click and one impression. window_start is UTC.
-- 100e0 is a double: with 100.0, a decimal, Athena would round the rate to one digit.
SELECT
    CAST(from_unixtime(floor(to_unixtime(from_iso8601_timestamp(event_time)) / 10) * 10) AS timestamp)
        AS window_start,
    count_if(browseraction = 'Click') AS clicks,
    count_if(browseraction = 'Impression') AS impressions,
    100e0 * count_if(browseraction = 'Click') / count_if(browseraction = 'Impression') AS ctr_percent
FROM processed_events
GROUP BY 1
HAVING count_if(browseraction = 'Click') > 0
    AND count_if(browseraction = 'Impression') > 0
ORDER BY 1
