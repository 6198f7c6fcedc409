"""Many rows at once: what feeding them one by one gives, from columns.

Most rows of a block differ in few values: of a hundred thousand page views some hundred combinations
of page and action. So conditions, keys and arguments are computed once for each combination, by the
row engine's own functions; a pump that begins with tumbling windows then takes counted groups, any
other pump takes the rows that pass its first conditions. These reach the operators in the order, and
at the times, in which the rows would have.

What this cannot do exactly it does not do: `Application.feed_batch` and `ColumnReader.read` say so,
and the rows go the usual way.
"""

from __future__ import annotations

from .columns import Columns, Unfit, with_arrivals
from .engine import Bulk
from .reading import ColumnReader
from .rowtimes import read_rowtime, read_rowtimes

__all__ = ["Bulk", "ColumnReader", "Columns", "Unfit", "read_rowtime", "read_rowtimes", "with_arrivals"]
