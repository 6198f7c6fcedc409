"""Bringing a table's objects from S3 into a query's private folder."""

from __future__ import annotations

import gzip
import shutil
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.formats import LocalFile

UNREADABLE = (".bz2", ".lz4", ".snappy", ".deflate", ".zst", ".lzo")
DOWNLOADS = 4  # at once


def parse_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an ``s3://`` address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise QueryError("HIVE_METASTORE_ERROR", f"{uri!r} is not an s3:// location")
    return bucket, key


def download(s3: Any, location: str, folder: Path) -> tuple[list[LocalFile], int]:
    """Bring the objects under a location into a folder; the files and the bytes they have in S3.

    As in Athena, a location is a folder (``data`` does not mean ``data-old/``), and objects whose
    name begins with ``_`` or ``.`` are hidden. Local names are numbers: keys may hold anything.
    """
    bucket, prefix = parse_uri(location)
    prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    found = [item for item in _list(s3, bucket, prefix) if item["Size"] and not _hidden(item["Key"], prefix)]
    folder.mkdir(parents=True)
    plan = [(item["Key"], folder / f"{n:06d}.data") for n, item in enumerate(found)]
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        list(pool.map(lambda item: _fetch(s3, bucket, *item), plan))
    files = [LocalFile(path, f"s3://{bucket}/{key}") for key, path in plan]
    return files, sum(item["Size"] for item in found)


def _list(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from page.get("Contents", [])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        raise QueryError("HIVE_FILESYSTEM_ERROR", f"The specified bucket does not exist (Bucket: {bucket})") from error


def _hidden(key: str, prefix: str) -> bool:
    return any(part.startswith(("_", ".")) for part in key[len(prefix) :].split("/"))


def _fetch(s3: Any, bucket: str, key: str, path: Path) -> None:
    """Bring one object, unpacked if its name ends in .gz, which is how Athena tells."""
    if key.endswith(UNREADABLE):
        raise QueryError("NOT_SUPPORTED", f"the local Athena reads gzip only, not {key!r}")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with path.open("wb") as target:
            shutil.copyfileobj(gzip.GzipFile(fileobj=body) if key.endswith(".gz") else body, target)
    except (ClientError, OSError, EOFError, zlib.error) as error:  # gzip's BadGzipFile is an OSError
        raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split s3://{bucket}/{key}: {error}") from error
