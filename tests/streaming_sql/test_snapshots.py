"""A snapshot and what goes on from it: as if nothing had happened, whatever the operators."""

from __future__ import annotations

import io
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.streaming_sql import Application, SnapshotError
from helpers.streaming_sql.snapshots import HEAD, read, write

from .test_cases import CASES, everything, one_by_one, read_case
from .test_lookup import guide, ticks
from .test_sources import joined

RUNNING = [path for path in CASES if "---- input" in path.read_text(encoding="utf-8")]
# operators that the cases may not have: outer joins by ROWS and RANGE, every table function, DISTINCT, ORDER BY
EVERYTHING = """
CREATE STREAM J (a INTEGER, b INTEGER); CREATE STREAM K (a INTEGER, b INTEGER); CREATE STREAM L (a INTEGER, b INTEGER);
CREATE STREAM S (k VARCHAR(4), total BIGINT, mean DOUBLE, most INTEGER, last_ INTEGER, spread DOUBLE);
CREATE STREAM G (k VARCHAR(4), n INTEGER, mean DOUBLE); CREATE STREAM W (k VARCHAR(4), n INTEGER, x DOUBLE);
CREATE STREAM D (k VARCHAR(4), m TIMESTAMP); CREATE STREAM T (item VARCHAR(16), n BIGINT); CREATE STREAM C (n BIGINT);
CREATE STREAM H (n INTEGER, spots VARCHAR(4096)); CREATE STREAM F (n INTEGER, score DOUBLE);
CREATE STREAM E (n INTEGER, score DOUBLE, why VARCHAR(4096)); CREATE STREAM O (k VARCHAR(4), n INTEGER);
CREATE STREAM U (n INTEGER); CREATE STREAM M (k VARCHAR(4), n INTEGER);
CREATE PUMP PJ AS INSERT INTO J SELECT STREAM x."n", y."n" FROM "IN" OVER (RANGE INTERVAL '20' SECOND PRECEDING) AS x
  FULL JOIN "IN" OVER (ROWS 3 PRECEDING) AS y ON x."n" = y."n" + 1;
CREATE PUMP PK AS INSERT INTO K SELECT STREAM x."n", y."n" FROM "IN" AS x, "IN" AS y WHERE x."n" < y."n";
CREATE PUMP PL AS INSERT INTO L SELECT STREAM x."n", z."n" FROM "IN" AS x
  JOIN "IN" OVER (RANGE INTERVAL '9' SECOND PRECEDING) AS y ON x."n" = y."n"
  LEFT JOIN "IN" OVER (RANGE INTERVAL '5' SECOND PRECEDING) AS z ON z."n" > y."n";
CREATE PUMP PS AS INSERT INTO S SELECT STREAM "k", SUM("n") OVER w, AVG("x") OVER w, MAX("n") OVER v,
  LAST_VALUE("n") OVER v, STDDEV_POP("x") OVER (PARTITION BY "k" RANGE INTERVAL '30' SECOND PRECEDING) FROM "IN"
  WINDOW w AS (PARTITION BY "k" RANGE INTERVAL '20' SECOND PRECEDING), v AS (PARTITION BY "k" ROWS 2 PRECEDING);
CREATE PUMP PG AS INSERT INTO G SELECT STREAM "k", COUNT(*), AVG("x") FROM "IN" GROUP BY "k", FLOOR(ROWTIME TO MINUTE);
CREATE PUMP PW AS INSERT INTO W SELECT STREAM "k", COUNT(*), STDDEV_SAMP("x") FROM "IN"
  WINDOWED BY STAGGER (PARTITION BY "k" RANGE INTERVAL '40' SECOND);
CREATE PUMP PD AS INSERT INTO D SELECT STREAM DISTINCT "k", FLOOR(ROWTIME TO MINUTE) FROM "IN";
CREATE PUMP PT AS INSERT INTO T SELECT STREAM ITEM, ITEM_COUNT
  FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "IN"), 'k', 2, 30));
CREATE PUMP PC AS INSERT INTO C SELECT STREAM NUMBER_OF_DISTINCT_ITEMS
  FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "IN"), 'n', 30));
CREATE PUMP PH AS INSERT INTO H SELECT STREAM "n", HOTSPOTS_RESULT
  FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM "n" FROM "IN"), 100, 1, 3));
CREATE PUMP PF AS INSERT INTO F SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "n" FROM "IN"), 5, 10, 50, 2));
CREATE PUMP PE AS INSERT INTO E SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(
  CURSOR(SELECT STREAM "n" FROM "IN"), 5, 10, 50, 1, TRUE));
CREATE PUMP PO AS INSERT INTO O SELECT STREAM "k", "n" FROM "IN" ORDER BY FLOOR("IN".ROWTIME TO MINUTE), "n" DESC;
CREATE PUMP PU AS INSERT INTO U SELECT STREAM "n" FROM "IN" UNION ALL SELECT STREAM COUNT(*) FROM G GROUP BY FLOOR(G.ROWTIME TO MINUTE);
CREATE PUMP PM AS INSERT INTO M SELECT STREAM MONOTONIC("k"), COUNT(*) FROM "IN" GROUP BY MONOTONIC("k");
"""  # noqa: E501
SCHEMA = [("k", "VARCHAR(4)"), ("n", "INTEGER"), ("x", "DOUBLE")]


def interrupted(fresh: Callable[[], Application], run: Callable[[Application], Any]) -> Callable[[], Application]:
    """The application again, from its own bytes."""

    def again() -> Application:
        before = fresh()
        run(before)
        after = fresh()
        after.restore(before.snapshot())
        return after

    return again


@pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.stem)
def test_every_case_goes_on_from_a_snapshot_at_any_point(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))

    def fresh() -> Application:
        return Application(case.script, case.columns, source=case.source)

    whole = fresh()
    one_by_one(whole, case.steps)
    whole.finish()
    cuts = range(len(case.steps) + 1)
    for cut in random.Random(path.stem).sample(cuts, min(3, len(cuts))):  # noqa: S311 - repeatable dice
        app = interrupted(fresh, lambda app, cut=cut: one_by_one(app, case.steps[:cut]))()
        one_by_one(app, case.steps[cut:])
        app.finish()
        assert everything(app) == everything(whole), f"cut before step {cut}"


def steps(seed: int, count: int = 120) -> list[tuple[int, dict[str, Any]]]:
    dice = random.Random(seed)  # noqa: S311 - repeatable dice
    now, found = 0, []
    for _ in range(count):
        now += dice.choice([0, 0, 1, 500, 4000, 21_000])
        row = {"k": dice.choice(["a", "b", "c", None]), "n": dice.randint(0, 6), "x": dice.random()}
        found.append((now, row))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_operator_goes_on_through_many_interruptions(seed: int) -> None:
    def fresh() -> Application:
        return Application(EVERYTHING, SCHEMA, source="IN")

    whole, broken = fresh(), fresh()
    dice = random.Random(seed)  # noqa: S311 - repeatable dice
    for rowtime, row in steps(seed):
        whole.feed([row], rowtime)
        if dice.random() < 0.2:
            broken = interrupted(lambda: fresh(), lambda app, old=broken: app.restore(old.snapshot()))()
        broken.feed([row], rowtime)
    for app in (whole, broken):
        app.finish()
    assert everything(broken) == everything(whole)
    silent = [name for name, count in whole.counts().items() if not count]
    assert silent == ["error_stream"]
    assert [forest.seen for forest in broken.forests] == [forest.seen for forest in whole.forests]


@pytest.mark.parametrize("seed", range(2))
def test_what_a_used_application_has_seen_is_replaced(seed: int) -> None:
    whole, used, fresh = (Application(EVERYTHING, SCHEMA, source="IN") for _ in range(3))
    rows = steps(seed)
    for rowtime, row in rows[:60]:
        whole.feed([row], rowtime)
    for rowtime, row in steps(seed + 100):
        used.feed([row], rowtime)
    for app in (used, fresh):
        app.restore(whole.snapshot())
    assert used.snapshot() == fresh.snapshot()
    for rowtime, row in rows[60:]:
        for app in (whole, used):
            app.feed([row], rowtime)
    for app in (whole, used):
        app.finish()
    assert everything(used) == everything(whole)


def test_tables_sources_and_what_is_drained_and_retained_belong_to_it() -> None:
    app = guide()
    app.replace_reference("CompanyName", [{"Ticker": "QXZ", "Company": "Q"}])
    app.feed(ticks("QXZ", "AMZN"), 0)
    name = "DESTINATION_SQL_STREAM"
    assert len(app.drain(name)) == 2
    app.retain(1)
    app.feed(ticks("QXZ", "QXZ"), 1)
    after = guide()
    after.feed(ticks("WAS"), 5)  # forgotten
    after.restore(app.snapshot())
    assert (after.rowtime, after.counts()) == (1, app.counts())
    assert after.stream(name) == app.stream(name)
    after.feed(ticks("QXZ"), 2)
    assert [(row["ROWTIME"], row["Company"]) for row in after.drain(name)] == [(1, "Q"), (1, "Q"), (2, "Q")]
    assert len(after.stream(name)) == 1

    two = joined()
    two.feed([{"id": "a", "n": 1}], 0)
    rest = joined()
    rest.restore(two.snapshot())
    rest.feed([{"id": "a", "price": 2.0}], 1, stream="TRADES")
    assert [row["PRICE"] for row in rest.stream("O")] == [2.0]


def test_rows_of_a_table_that_wait_for_time_wait_on() -> None:
    schema = [("Ticker", "VARCHAR(8)"), ("Company", "VARCHAR(20)"), ("n", "TINYINT")]
    app, after = (guide(rows=rows, schema=schema) for rows in ([{"n": 500}], []))
    after.restore(app.snapshot())
    after.advance(7)
    assert [row["ROWTIME"] for row in after.stream("error_stream")] == [7]


def test_a_snapshot_changes_nothing_and_is_not_changed() -> None:
    app = Application(EVERYTHING, SCHEMA, source="IN")
    rows = steps(9, 60)
    for rowtime, row in rows[:30]:
        app.feed([row], rowtime)
    snapshot = app.snapshot()
    copies = [Application(EVERYTHING, SCHEMA, source="IN") for _ in range(2)]
    for copy in copies:
        copy.restore(snapshot)
    assert copies[0].snapshot() == copies[1].snapshot()
    for rowtime, row in rows[30:]:
        for each in (app, copies[0]):
            each.feed([row], rowtime)
    assert everything(app) == everything(copies[0])
    late = Application(EVERYTHING, SCHEMA, source="IN")
    late.restore(snapshot)
    assert everything(late) == everything(copies[1])


OTHER: list[tuple[Any, ...]] = [
    ("CREATE STREAM S (n INTEGER);", SCHEMA, 7, "another script"),
    ("", SCHEMA[:2], 7, "another schema"),
    ("", SCHEMA, 8, "another seed"),
    ("CREATE STREAM S (n INTEGER);", SCHEMA[:2], 8, "another script and another schema and another seed"),
]


@pytest.mark.parametrize(("script", "schema", "seed", "message"), OTHER)
def test_another_application_is_refused_and_stays_as_it_was(script: str, schema: Any, seed: int, message: str) -> None:
    snapshot = Application("", SCHEMA).snapshot()
    app = Application(script, schema, seed=seed)
    app.feed([{"n": 1}], 5)
    with pytest.raises(SnapshotError, match=f"the snapshot was taken with {message}$"):
        app.restore(snapshot)
    assert (app.rowtime, app.counts()["SOURCE_SQL_STREAM_001"]) == (5, 1)


def test_damaged_and_foreign_bytes_are_refused() -> None:
    app = Application(EVERYTHING, SCHEMA, source="IN")
    snapshot = app.snapshot()
    for place in random.Random(1).sample(range(len(snapshot)), 100):  # noqa: S311 - repeatable dice
        damaged = snapshot[:place] + bytes([snapshot[place] ^ 1]) + snapshot[place + 1 :]
        for wrong in (damaged, snapshot[:place]):
            with pytest.raises(SnapshotError):
                app.restore(wrong)
    for foreign in (b"", b"{}", pickle.dumps({})):
        with pytest.raises(SnapshotError, match="no snapshot"):
            app.restore(foreign)


class Evil:
    def __reduce__(self) -> Any:
        return print, ("called",)


def test_nothing_but_data_is_written_or_read(capsys: pytest.CaptureFixture[str]) -> None:
    for value in (Evil(), print, Application, object()):
        with pytest.raises(TypeError, match="is no plain data"):
            write(value)
    from helpers.streaming_sql import snapshots

    body = io.BytesIO()
    pickle.Pickler(body).dump(Evil())
    with pytest.raises(SnapshotError, match=r"builtins\.print does not belong there"):
        read(HEAD + snapshots._digest(body.getvalue()) + body.getvalue())
    assert capsys.readouterr().out == ""


def test_arrays_come_back_with_type_and_shape_and_can_be_written_to() -> None:
    arrays = [np.arange(6, dtype=np.uint64).reshape(2, 3), np.zeros((0, 2)), np.array(True), np.float32(1.5)]
    for before, after in zip(arrays, read(write(arrays)), strict=True):
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
        assert (after == before).all()
        assert type(after) is type(before)
        assert after.flags.writeable is before.flags.writeable
