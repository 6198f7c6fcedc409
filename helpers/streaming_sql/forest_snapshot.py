"""A random cut forest as bytes: the version, then, compressed, a header, the last rows and the arrays.

No pickle: the bytes hold numbers only, little-endian, and say how many. They are trusted as far as
the checksum of the compression goes: node numbers are not checked one by one.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from .errors import ForestError

if TYPE_CHECKING:
    from .forest import RandomCutForest

MAGIC: Final = b"RCF\x01"  # the last byte is the version: raise it when what follows changes
HEADER: Final = struct.Struct("<8Q")  # the five parameters, points seen, columns, rows for the next shingle


def pack(forest: RandomCutForest) -> bytes:
    parameters = (forest.number_of_trees, forest.sub_sample_size, forest.time_decay, forest.shingle_size, forest.seed)
    recent = [number for row in forest._recent for number in row]
    parts = [
        HEADER.pack(*parameters, forest.seen, forest._columns, len(forest._recent)),
        struct.pack(f"<{len(recent)}d", *recent),
    ]
    if forest._learnt is not None:
        parts += [array.astype(array.dtype.newbyteorder("<")).tobytes() for array in forest._learnt.arrays()]
    return MAGIC + zlib.compress(b"".join(parts), level=1)


def unpack(data: bytes) -> RandomCutForest:
    if data[: len(MAGIC)] != MAGIC:
        raise ForestError("these are not the bytes of a forest, or they are of another version")
    try:
        return _unpacked(zlib.decompress(data[len(MAGIC) :]))
    except (zlib.error, struct.error, ValueError) as error:
        raise ForestError(f"the bytes of the forest are damaged: {error}") from error


def _unpacked(data: bytes) -> RandomCutForest:
    import numpy as np

    from .forest import RandomCutForest

    *parameters, seen, columns, rows = HEADER.unpack_from(data)
    forest, place = RandomCutForest(*parameters), HEADER.size
    forest.seen = seen
    for _ in range(rows):
        forest._recent.append(struct.unpack_from(f"<{columns}d", data, place))
        place += 8 * columns
    if columns:
        learnt = forest._start(columns)
        for array in learnt.arrays():
            stored = np.frombuffer(data, array.dtype.newbyteorder("<"), array.size, place)
            array[...] = stored.reshape(array.shape)
            place += stored.nbytes
        learnt.restored()
    if place != len(data):
        raise ValueError(f"{len(data)} bytes where {place} belong")
    return forest
