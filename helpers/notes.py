"""A small dictionary that outlives the kernel: what one chapter leaves for the next, in notes.json."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from helpers.errors import WorkshopError
from helpers.locking import exclusive


class Notes(MutableMapping[str, Any]):
    """A dictionary of JSON values kept in a file; read on every look, written whole on every change.

    Changing a value you got (a list, a dict) changes nothing in the file: set it again.
    Raises WorkshopError when the file is not JSON, TypeError when a value is not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        with self._locked():
            self._write(self._read() | {name: value})

    def __delitem__(self, name: str) -> None:
        with self._locked():
            values = self._read()
            del values[name]
            self._write(values)

    def change(self, name: str, fn: Callable[[Any], Any], default: Any) -> None:
        """Replace the value of `name` (or `default`) by `fn` of it; nobody else's change comes between."""
        with self._locked():
            values = self._read()
            self._write(values | {name: fn(values.get(name, default))})

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"Notes({', '.join(self)})"  # names only: a value may be a password

    def clear(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with exclusive(self.path.with_suffix(".lock")):
            yield

    def _read(self) -> dict[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            values = json.loads(text)
        except ValueError as error:
            raise WorkshopError(f"The notes in {self.path} are damaged ({error}): delete that file.") from error
        if not isinstance(values, dict):
            raise WorkshopError(f"The notes in {self.path} are damaged (no JSON object): delete that file.")
        return values

    def _write(self, values: dict[str, Any]) -> None:
        text = json.dumps(values, indent=2, sort_keys=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=self.path.parent, prefix=".notes-", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        Path(file.name).replace(self.path)
