-- Vehicles of each station a minute: date is a text, so it is read as a time first.
SELECT
    date_trunc('minute', from_iso8601_timestamp("date")) AS minute,
    toll,
    count(*) AS records
FROM lab_toll_data_stream
GROUP BY 1, 2
ORDER BY 1, 2
