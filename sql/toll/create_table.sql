CREATE EXTERNAL TABLE `lab_toll_data_stream`(
  `date` string,
  `toll` string,
  `user` string)
ROW FORMAT DELIMITED
  FIELDS TERMINATED BY ','
STORED AS INPUTFORMAT
  'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT
  'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION
  's3://<YOUR S3 BUCKET HERE>/'
TBLPROPERTIES (
  'delimiter'=','
)
