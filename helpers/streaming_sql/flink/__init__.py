"""Kinesis Analytics SQL on Apache Flink: the same plan, another engine. Importing this needs no Flink."""
