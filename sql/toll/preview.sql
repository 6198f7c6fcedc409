SELECT * FROM lab_toll_data_stream LIMIT 100;
