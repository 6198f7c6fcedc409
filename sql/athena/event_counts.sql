-- How many records of each browseraction the table holds.
-- Processed records are counted; put raw_events in the place of processed_events for those as sent.
SELECT
    browseraction,
    count(*) AS records
FROM processed_events
GROUP BY browseraction
ORDER BY browseraction
