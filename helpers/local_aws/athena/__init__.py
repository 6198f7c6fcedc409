"""Amazon Athena: SQL over the objects of S3, run on DuckDB."""
