"""An application's state as bytes, and back: the base of a journal, so written often and at once.

The bytes are a pickle of plain data: numbers, texts, dates, tuples, lists, dicts, sets, deques, numpy arrays.
Pickle because keys of groups are tuples and values DECIMALs, bytes and whole numbers of any size,
which JSON and its binary relatives do not tell apart, and because it is fast. Its danger, that
reading may call anything, is taken away: both ways know no more than the classes below. A digest
finds what was cut short or changed on the disk; it is no signature.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections import deque
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from .errors import SnapshotError
from .plan import Reference, Stream

HEAD: Final = b"streaming_sql snapshot 1\n"  # the number rises when what is in it changes
_DIGEST: Final = 16


def write(state: Any) -> bytes:
    """The state as bytes; TypeError for what is no plain data."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump(state)
    body = buffer.getvalue()
    return HEAD + _digest(body) + body


def read(snapshot: bytes) -> Any:
    """The state again; SnapshotError for bytes that `write` has not made.

    >>> read(write({("a", None): [Decimal("1.50")]}))
    {('a', None): [Decimal('1.50')]}
    """
    start = len(HEAD) + _DIGEST
    if not snapshot.startswith(HEAD):
        raise SnapshotError("this is no snapshot, or one of another version of the engine")
    body = snapshot[start:]
    if snapshot[len(HEAD) : start] != _digest(body):
        raise SnapshotError("the snapshot is damaged: its digest is another")
    try:
        return _Unpickler(io.BytesIO(body)).load()
    except Exception as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error


def identity(script: str, parts: Sequence[Stream | Reference], seed: int) -> dict[str, Any]:
    """What a snapshot must have in common with the application that goes on from it."""
    columns = [(part.name, [(column.name, str(column.type)) for column in part.columns]) for part in parts]
    told = {"script": script, "schema": repr(columns), "seed": repr(seed)}
    return {
        what: hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for what, text in told.items()
    }


def resume(value: Any, state: Any) -> None:
    """Give an object the state its __getstate__ told, as pickle does: by its own method, or else its attributes."""
    own = getattr(value, "__setstate__", None)
    if own is None:
        vars(value).update(state)
    else:
        own(state)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


def _array(dtype: str, shape: tuple[int, ...], data: bytes) -> Any:
    import numpy as np

    return np.frombuffer(data, np.dtype(dtype)).reshape(shape).copy()


def _scalar(dtype: str, data: bytes) -> Any:
    return _array(dtype, (), data)[()]


_VALUES: Final = (Decimal, date, time, datetime)
_KNOWN: Final = {(known.__module__, known.__qualname__): known for known in (*_VALUES, deque, _array, _scalar)}


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if type(value).__module__ == "numpy":  # else it need not be imported: only forests use it
            import numpy as np

            if isinstance(value, np.generic) and not value.dtype.hasobject:
                return _scalar, (value.dtype.str, value.tobytes())
            if isinstance(value, np.ndarray) and not value.dtype.hasobject:
                return _array, (value.dtype.str, value.shape, value.tobytes())
        if isinstance(value, (*_VALUES, deque)) or value in _KNOWN.values():
            return NotImplemented
        raise TypeError(f"{type(value).__name__} is no plain data")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise SnapshotError(f"{module}.{name} does not belong there") from None
