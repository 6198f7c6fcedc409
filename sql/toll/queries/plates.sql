-- How often each licence plate passed a station, the most frequent first.
SELECT
    "user" AS plate,
    count(*) AS records
FROM lab_toll_data_stream
GROUP BY "user"
ORDER BY records DESC, plate
