-- Vehicles that each station reported, the busiest first.
SELECT
    toll,
    count(*) AS records
FROM lab_toll_data_stream
GROUP BY toll
ORDER BY records DESC, toll
