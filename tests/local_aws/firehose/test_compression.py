"""Compressed objects can be read by readers written from the formats' own descriptions."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pyarrow
import pytest

from helpers.local_aws.firehose.compression import EXTENSIONS, compress, crc32c

WHEN = 1_790_000_000.0
BODIES = [b"", b"x", b"click\n" * 100_000, random.Random(7).randbytes(300_000)]  # noqa: S311


def test_crc32c_of_rfc_3720() -> None:
    """The examples of RFC 3720, B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def framed(data: bytes) -> bytes:
    """A reader of the Snappy framing format."""
    codec, body, position = pyarrow.Codec("snappy"), b"", 0
    while position < len(data):
        kind, size = data[position], int.from_bytes(data[position + 1 : position + 4], "little")
        content = data[position + 4 : position + 4 + size]
        assert len(content) == size
        if position == 0:
            assert (kind, content) == (0xFF, b"sNaPpY")
        else:
            assert kind == 0
            packed = content[4:]
            block = codec.decompress(packed, decompressed_size=varint(packed), asbytes=True)
            assert len(block) <= 65536
            masked = ((crc32c(block) >> 15) | (crc32c(block) << 17 & 0xFFFFFFFF)) + 0xA282EAD8 & 0xFFFFFFFF
            assert int.from_bytes(content[:4], "little") == masked
            body += block
        position += 4 + size
    return body


def hadoop(data: bytes) -> bytes:
    """A reader of Hadoop's block format: length before, then blocks of length after and data."""
    codec, body, position = pyarrow.Codec("snappy"), b"", 0
    while position < len(data):
        size, packed = struct.unpack_from(">II", data, position)
        body += codec.decompress(data[position + 8 : position + 8 + packed], decompressed_size=size, asbytes=True)
        position += 8 + packed
    return body


def varint(data: bytes) -> int:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value


def unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [name] = archive.namelist()
        return archive.read(name)


READERS = {
    "UNCOMPRESSED": bytes,
    "GZIP": lambda data: zlib.decompress(data, 31),
    "ZIP": unzipped,
    "Snappy": framed,
    "HADOOP_SNAPPY": hadoop,
}


@pytest.mark.parametrize("how", EXTENSIONS)
@pytest.mark.parametrize("body", BODIES, ids=["empty", "one", "repeating", "random"])
def test_what_is_compressed_can_be_read(how: str, body: bytes) -> None:
    packed = compress(body, how, WHEN)
    assert READERS[how](packed) == body
    assert packed == compress(body, how, WHEN)
    if how != "UNCOMPRESSED" and len(body) == 600_000:
        assert len(packed) < len(body) / 10
