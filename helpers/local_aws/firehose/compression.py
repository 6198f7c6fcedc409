"""The compressions of S3 objects.

GZIP and ZIP by the standard library. HADOOP_SNAPPY: Hadoop's BlockCompressorStream (blocks of 256 KiB, each
with its length before and after, big-endian). Snappy: AWS's guide does not name the format; taken to be Google's
framing format (framing_format.txt of the snappy repository), which tools for .snappy files expect.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import cache

from helpers.local_aws.clock import moment

EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy"}
HADOOP_BLOCK = 256 * 1024
FRAME = 64 * 1024  # the framing format's largest chunk, uncompressed
STREAM_IDENTIFIER = b"\xff\x06\x00\x00sNaPpY"
COMPRESSED = 0
CASTAGNOLI = 0x82F63B78  # CRC-32C's polynomial, reflected


def compress(body: bytes, how: str, when: float) -> bytes:
    """The body as ``how`` says; the same bytes for the same input and time (epoch seconds)."""
    return COMPRESSORS[how](body, when)


def _gzip(body: bytes, when: float) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=int(when))  # zlib's default; 9 takes several times as long


def _zip(body: bytes, when: float) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("records", moment(when).timetuple()[:6])
        archive.writestr(info, body, compress_type=zipfile.ZIP_DEFLATED)  # a ZipInfo alone says: stored
    return packed.getvalue()


def _hadoop_snappy(body: bytes, when: float) -> bytes:
    parts = []
    for block in _cut(body, HADOOP_BLOCK):
        packed = _snappy_block(block)
        parts.append(struct.pack(">II", len(block), len(packed)) + packed)
    return b"".join(parts)


def _framed_snappy(body: bytes, when: float) -> bytes:
    parts = [STREAM_IDENTIFIER]
    for block in _cut(body, FRAME):
        content = struct.pack("<I", _masked(crc32c(block))) + _snappy_block(block)
        parts.append(struct.pack("<I", len(content) << 8 | COMPRESSED) + content)
    return b"".join(parts)


COMPRESSORS: dict[str, Callable[[bytes, float], bytes]] = {
    "UNCOMPRESSED": lambda body, when: body,
    "GZIP": _gzip,
    "ZIP": _zip,
    "Snappy": _framed_snappy,
    "HADOOP_SNAPPY": _hadoop_snappy,
}


def _cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def _snappy_block(block: bytes) -> bytes:
    import pyarrow  # takes half a second, and few need it

    packed: bytes = pyarrow.Codec("snappy").compress(block, asbytes=True)
    return packed


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli, RFC 3720), which the standard library does not have."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (CASTAGNOLI if value & 1 else 0)
        table.append(value)
    return table
