"""The embedded AWS: a process of its own on 127.0.0.1, spoken to by AWS's wire protocol only.

Nothing outside this package imports it; `helpers.local_process` starts it as `python -m helpers.local_aws`.
"""
