"""HOTSPOTS: the dense regions among the last rows, as JSON behind each row.

The last `window_size` rows, this one among them, are points of a space with one dimension a numeric
column. A point with at least `minimum` points (itself included) within `radius` is the core of a
hotspot; cores within the radius of each other belong to the same one, with all points within the
radius of a core: DBSCAN, to whose two parameters the documentation compares the function's. For
each hotspot HOTSPOTS_RESULT tells density, minValues and maxValues (one number a column):
`{"hotspots":[{"density":…,"minValues":[…],"maxValues":[…]}]}`, in the order of their oldest points.

Density is the number of points divided by the size of their bounding box. Our reading where the
documentation is silent: a side of length 0 counts as `radius` long, the distance is Euclidean, and
all hotspots of the window are told, not only the one the row lies in. A row with NULL or a number
that is not finite goes to `error_stream` and is no point.

Source: Amazon Kinesis Data Analytics SQL Reference, "HOTSPOTS"; Developer Guide, "Example:
Detecting Hotspots on a Stream" (steps 2 and 4). DBSCAN: Ester, Kriegel, Sander, Xu, KDD 1996.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import RowError
from .base import Emit, Report, Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]


class Hotspots:
    """The points of the window and who is near whom.

    `add` costs one row of distances; the neighbourhoods are kept, not computed anew.

    >>> spots = Hotspots(window_size=100, radius=1.0, minimum=3)
    >>> for point in [(0.0, 0.0), (9.0, 9.0), (0.5, 0.0), (0.0, 0.5)]:
    ...     spots.add(point)
    >>> spots.found()
    [{'density': 12.0, 'minValues': [0.0, 0.0], 'maxValues': [0.5, 0.5]}]
    """

    def __init__(self, window_size: int, radius: float, minimum: int) -> None:
        self.window_size, self.radius, self.minimum = window_size, radius, minimum
        self.count = 0
        self._points: Any = None
        self._near: Any = None

    def add(self, point: Sequence[float]) -> None:
        import numpy as np

        if self._points is None:
            self._points = np.full((self.window_size, len(point)), np.nan)
            self._near = np.zeros((self.window_size, self.window_size), np.bool_)
        place = self.count % self.window_size  # that of the oldest point, once the window is full
        self._points[place] = point
        with np.errstate(over="ignore"):  # too far to tell is too far to be near
            near = ((self._points - self._points[place]) ** 2).sum(axis=1) <= self.radius**2
        self._near[place, :] = self._near[:, place] = near
        self.count += 1

    def found(self) -> list[dict[str, Any]]:
        """The hotspots, in the order of their oldest points."""
        import numpy as np

        if self._near is None:
            return []
        core = self._near.sum(axis=1) >= self.minimum
        waiting = core.copy()
        spots = []
        for place in np.roll(np.arange(self.window_size), -(self.count % self.window_size)):
            if waiting[place]:
                members = self._reached(int(place), core)
                waiting &= ~members
                spots.append((self._oldest(members), members))
        return [self._described(members) for _, members in sorted(spots, key=lambda spot: spot[0])]

    def _reached(self, place: int, core: Booleans) -> Booleans:
        """The points of the hotspot that a core belongs to."""
        import numpy as np

        members = np.zeros(self.window_size, np.bool_)
        frontier = np.zeros(self.window_size, np.bool_)
        frontier[place] = True
        while frontier.any():
            reached = self._near[frontier].any(axis=0) & ~members
            members |= reached
            frontier = reached & core
        return members

    def _oldest(self, members: Booleans) -> int:
        """The age of the oldest member, from 0 for the oldest point of the window."""
        import numpy as np

        return int(np.flatnonzero(np.roll(members, -(self.count % self.window_size)))[0])

    def _described(self, members: Booleans) -> dict[str, Any]:
        points = self._points[members]
        least, most = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        sides = [(high - low) or self.radius for low, high in zip(least, most, strict=True)]
        size = math.prod(sides)
        density = min(len(points) / size, 1e308) if size else 1e308
        return {"density": density, "minValues": least, "maxValues": most}


class HotspotsOperator:
    """
    >>> rows = []
    >>> operator = HotspotsOperator(Hotspots(100, 1.0, 2), [1], rows.append, print)
    >>> operator.on_row((0, 5.0)), operator.on_row((1, 5.5))
    (None, None)
    >>> rows[0], rows[1][2]
    ((0, 5.0, '{"hotspots":[]}'), '{"hotspots":[{"density":4.0,"minValues":[5.0],"maxValues":[5.5]}]}')
    """

    def __init__(self, hotspots: Hotspots, numeric: Sequence[int], emit: Emit, report: Report) -> None:
        self.hotspots, self.numeric, self.emit, self.report = hotspots, numeric, emit, report

    def on_row(self, row: Row) -> None:
        point = [row[index] for index in self.numeric]
        if None in point or not all(map(math.isfinite, point)):
            message = "NULL, NaN or an infinity in a numeric column"
            self.report(RowError("Hotspots input error", message), row)
            return
        self.hotspots.add([float(value) for value in point])
        result = {"hotspots": self.hotspots.found()}
        self.emit((*row, json.dumps(result, separators=(",", ":"))))

    def snapshot(self) -> Any:
        return vars(self.hotspots)

    def restore(self, state: Any) -> None:
        vars(self.hotspots).update(state)
