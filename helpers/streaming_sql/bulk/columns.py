"""Arrow columns as rows would hold their values: each column as codes into its distinct values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..conversion import reader
from ..datatypes import Field, SqlType
from ..errors import RowError
from ..source_columns import ARRIVAL

# Which Arrow type holds the values of an SQL type as a record has them.
ARROW: Final[dict[str, pa.DataType]] = {
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "REAL": pa.float64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "CHAR": pa.string(),
    "VARCHAR": pa.string(),
    "BINARY": pa.string(),
    "VARBINARY": pa.string(),
    "DATE": pa.string(),
    "TIME": pa.string(),
    "TIMESTAMP": pa.string(),
}
_REAL_LIMIT: Final = 3.4e38  # a little less than a REAL can hold: beyond, rows are looked at one by one
_WIDEST: Final = 2**62
_NO_ROWTIME: Final = object()

Codes = Any  # an array of whole numbers, one for each row


class Unfit(Exception):
    """These rows must go one by one."""


class Columns:
    """The values of some rows, by the place of their column in a row (ROWTIME is 0, and not here).

    Raises Unfit for types of Arrow other than `ARROW` has, and for a value that the source's schema
    would refuse, or that could come out as another one.
    """

    def __init__(self, batch: pa.Table, fields: Sequence[Field]) -> None:
        self.count: int = batch.num_rows
        self._fields = fields
        self._arrays = [_array(batch, field) for field in fields]
        self._coded: dict[int, tuple[Codes, list[Any]]] = {}
        self._distinct: dict[tuple[int, ...], tuple[Codes, list[tuple[Any, ...]]]] = {}
        for place, (field, array) in enumerate(zip(fields, self._arrays, strict=True), 1):
            if field.type.family == "approximate":
                _check_floats(array, field.type)
            elif field.type.family not in ("integer", "boolean", "character"):
                self.coded(place)  # converts, and so checks, every value

    def coded(self, place: int) -> tuple[Codes, list[Any]]:
        """For each row the number of its value, and the values."""
        if place not in self._coded:
            encoded = self._arrays[place - 1].dictionary_encode(null_encoding="encode")
            codes = numbers(encoded.indices)
            self._coded[place] = codes, _converted(encoded.dictionary.to_pylist(), self._fields[place - 1].type)
        return self._coded[place]

    def distinct(self, places: tuple[int, ...]) -> tuple[Codes, list[tuple[Any, ...]]]:
        """For each row the number of its combination of values in some columns, and a row for each.

        These rows have no ROWTIME: what looks at it fails. The other columns are NULL.
        """
        if places not in self._distinct:
            self._distinct[places] = self._combined(places)
        return self._distinct[places]

    def _combined(self, places: tuple[int, ...]) -> tuple[Codes, list[tuple[Any, ...]]]:
        codes: Codes = np.zeros(self.count, np.int64)
        found: list[tuple[Any, ...]] = [()]
        for place in places:
            others, values = self.coded(place)
            if len(found) == 1:
                codes, found = others, [(*found[0], value) for value in values]
                continue
            if len(found) * len(values) > _WIDEST:
                raise Unfit
            pairs, codes = np.unique(codes.astype(np.int64) * len(values) + others, return_inverse=True)
            found = [(*found[pair // len(values)], values[pair % len(values)]) for pair in pairs.tolist()]
        blank: list[Any] = [_NO_ROWTIME, *[None] * len(self._fields)]
        rows = []
        for combination in found:
            row = blank.copy()
            for place, value in zip(places, combination, strict=True):
                row[place] = value
            rows.append(tuple(row))
        return codes, rows

    def values(self, place: int, positions: Any) -> list[Any]:
        """A column's values in the rows at some positions (an array of numbers)."""
        array = self._arrays[place - 1]
        if self._fields[place - 1].type.is_numeric and not array.null_count:
            found: list[Any] = numbers(array)[positions].tolist()
            return found
        codes, values = self.coded(place)
        return [values[code] for code in codes[positions].tolist()]

    def rows(self, positions: Any, rowtimes: Any) -> list[tuple[Any, ...]]:
        """Whole rows, as streams hold them."""
        columns = [self.values(place, positions) for place in range(1, len(self._fields) + 1)]
        return list(zip(rowtimes[positions].tolist(), *columns, strict=True))


def with_arrivals(batch: pa.Table, rowtimes: Any) -> pa.Table:
    """The rows with their ROWTIMEs (milliseconds) as ARRIVAL, too, as a record would have it."""
    texts = pa.array(rowtimes, pa.int64()).cast(pa.timestamp("ms")).cast(pa.string())
    return batch.append_column(ARRIVAL, texts)


def numbers(array: pa.Array) -> Any:
    """The numbers of a column without NULLs, as they lie there: `to_numpy` would import pandas, for seconds."""
    return np.from_dlpack(array) if len(array) else np.empty(0)


def _array(batch: pa.Table, field: Field) -> Any:
    column = batch.column(field.name)
    if column.type != ARROW.get(field.type.name):
        raise Unfit
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _check_floats(array: Any, sqltype: SqlType) -> None:
    """NaN and infinities are refused, and -0.0 is another value than the -0 a record may have."""
    present = numbers(array.drop_null())
    largest = float(np.abs(present).max(initial=0.0))
    limit = _REAL_LIMIT if sqltype.name == "REAL" else math.inf
    if not largest < limit or (np.signbit(present) & (present == 0)).any():
        raise Unfit


def _converted(values: list[Any], sqltype: SqlType) -> list[Any]:
    convert = reader(sqltype)
    try:
        return [None if value is None else convert(value) for value in values]
    except RowError as error:
        raise Unfit from error
