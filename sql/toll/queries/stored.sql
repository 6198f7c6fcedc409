-- Rows that were delivered: as many as were sent, or something is missing.
SELECT
    'stored' AS stage,
    count(*) AS records
FROM lab_toll_data_stream
