"""Bringing a table's objects from S3 into a query's private folder."""

from __future__ import annotations

import gzip
import itertools
import re
import shutil
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.athena.catalog import Split
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.formats import LocalFile

UNREADABLE = (".bz2", ".lz4", ".deflate", ".zst", ".lzo")
DOWNLOADS = 4  # at once
MANY = 32  # folders, from which on one listing of them all is quicker than one for each
LARGEST_CHUNK = 64 * 1024 * 1024  # bytes of unpacked snappy


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


def with_objects(s3: Any, splits: list[Split]) -> list[Split]:
    """The splits that may hold objects: of many, those below whose location there is one."""
    if len(splits) < MANY:
        return splits
    first, last = min(s.location for s in splits), max(s.location for s in splits)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    if "/" not in first[len("s3://") : same]:
        return splits  # in several buckets
    bucket, prefix = parse_uri(first[:same])
    keys = {item["Key"] for item in _list(s3, bucket, prefix)}
    folders = {key[: match.end()] for key in keys for match in re.finditer("/", key)}
    return [split for split in splits if parse_uri(split.location)[1].rstrip("/") + "/" in folders]


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys below a prefix, those of folders' markers left out."""
    return (item["Key"] for item in _list(s3, bucket, prefix) if not item["Key"].endswith("/"))


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


def unsnap(data: bytes) -> bytes:
    """Hadoop's snappy: blocks of a length (unpacked), then chunks of a length and raw snappy; ValueError if not."""
    found, at = bytearray(), 0
    while at < len(data):
        size, at = _number(data, at), at + 4
        end = len(found) + size
        while len(found) < end:
            length, at = _number(data, at), at + 4
            chunk, at = data[at : at + length], at + length
            found += _raw(chunk)
        if len(found) != end:
            raise ValueError("the data are not snappy as Hadoop writes it")
    return bytes(found)


def _number(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise ValueError("the data are not snappy as Hadoop writes it, or are cut off")
    return int.from_bytes(data[at : at + 4], "big")


def _raw(chunk: bytes) -> bytes:
    size, shift, at = 0, 0, 0
    while at < len(chunk):  # the unpacked length as a varint
        size |= (chunk[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not chunk[at - 1] & 0x80:
            break
    if not size or size > LARGEST_CHUNK:
        raise ValueError("the data are not snappy as Hadoop writes it")
    import pyarrow  # takes half a second, and few need it

    unpacked: bytes = pyarrow.Codec("snappy").decompress(chunk, decompressed_size=size, asbytes=True)
    return unpacked


def _fetch(s3: Any, bucket: str, key: str, path: Path) -> None:
    """Bring one object, unpacked if its name ends in .gz or .snappy, which is how Athena tells."""
    if key.endswith(UNREADABLE):
        raise QueryError("NOT_SUPPORTED", f"the local Athena reads gzip and Hadoop's snappy only, not {key!r}")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with path.open("wb") as target:
            if key.endswith(".snappy"):
                target.write(unsnap(body.read()))
            else:
                shutil.copyfileobj(gzip.GzipFile(fileobj=body) if key.endswith(".gz") else body, target)
    except (ClientError, OSError, EOFError, ValueError, zlib.error) as error:  # gzip's BadGzipFile is an OSError
        raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split s3://{bucket}/{key}: {error}") from error
