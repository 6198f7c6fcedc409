# ruff: noqa: E501, S608 - commands and SQL read better unbroken; streaming scripts, not database queries
"""`workshop sql`: checks, explains and runs scripts; what goes wrong is one message with its place."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpers.cli import main
from helpers.sql_inputs import MAX_LINE, blocks, inferred, split_lines
from helpers.sql_runner import Runner, rowtime_column
from helpers.streaming_sql.bulk import read_rowtime

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "sql/clickstream/anomaly_detection.sql"
SCRIPT = """CREATE OR REPLACE STREAM "COUNTS" ("page" VARCHAR(16), "n" BIGINT);
CREATE OR REPLACE PUMP "COUNTING" AS INSERT INTO "COUNTS"
SELECT STREAM "page", COUNT(*) FROM "SOURCE_SQL_STREAM_001"
GROUP BY "page", STEP(ROWTIME BY INTERVAL '10' SECOND);
"""
RECORDS = """{"page": "/", "at": "2026-11-22T10:00:01Z"}
{"page": "/shop", "at": "2026-11-22T10:00:02Z"}

{"page": "/", "at": "2026-11-22T10:00:12Z"}
"""
EXPECTED = [
    {"stream": "COUNTS", "ROWTIME": "2026-11-22 10:00:10.000", "page": "/", "n": 1},
    {"stream": "COUNTS", "ROWTIME": "2026-11-22 10:00:10.000", "page": "/shop", "n": 1},
    {"stream": "COUNTS", "ROWTIME": "2026-11-22 10:00:20.000", "page": "/", "n": 1},
]


def workshop(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["sql", *map(str, arguments)], input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "counts.sql"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text(RECORDS)
    return path


# check and explain


def test_check_says_ok_and_names_the_streams(script: Path, records: Path) -> None:
    result = workshop("check", script, "--records", records)
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "OK: 2 streams, 1 pumps\n"
        "  SOURCE_SQL_STREAM_001: page VARCHAR(4096), at VARCHAR(4096)\n"
        "  COUNTS: page VARCHAR(16), n BIGINT\n"
    )


def test_check_shows_file_line_column_a_caret_and_what_to_do(tmp_path: Path, records: Path) -> None:
    path = tmp_path / "wrong.sql"
    path.write_text(SCRIPT.replace('STREAM "page", COUNT', "STREAM\tpage, COUNT"))
    result = workshop("check", path, "--records", records)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"Error: {path}:3:15: unknown column PAGE\n"
        '  SELECT STREAM\tpage, COUNT(*) FROM "SOURCE_SQL_STREAM_001"\n'
        "               \t^^^^\n"
        '  Unquoted names are upper-cased: write "page" in double quotes.\n'
    )


@pytest.mark.parametrize("command", ["check", "explain"])
def test_without_a_schema_the_columns_are_guessed_and_that_is_said(command: str) -> None:
    result = workshop(command, LAB)
    assert result.exit_code == 0, result.output
    assert "guessed from the script: browseraction VARCHAR(4096)" in result.stderr


def test_a_guess_does_not_hide_a_slip_in_the_case_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "slip.sql"
    path.write_text(SCRIPT.replace('GROUP BY "page"', "GROUP BY page"))
    result = workshop("check", path)
    assert (result.exit_code, ":4:10: unknown column PAGE" in result.stderr) == (1, True)


def test_a_guess_finds_numbers_and_times(tmp_path: Path) -> None:
    path = tmp_path / "typed.sql"
    path.write_text("""CREATE STREAM S (a BIGINT, b DOUBLE, c TIMESTAMP);
        CREATE PUMP P AS INSERT INTO S SELECT STREAM x.amount + 1, x.price * 2.5e0, FLOOR(x.at TO HOUR)
        FROM "SOURCE_SQL_STREAM_001" AS x WHERE x.name LIKE 'a%' AND x.ok;""")
    result = workshop("check", path)
    assert result.exit_code == 0, result.output
    assert "AT TIMESTAMP" in result.stdout
    assert "NAME VARCHAR(4096), OK BOOLEAN" in result.stdout


FOREST = """CREATE OR REPLACE STREAM "TEMP_STREAM" ("passengers" INTEGER, "distance" DOUBLE, "ANOMALY_SCORE" DOUBLE);
CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "TEMP_STREAM"
SELECT STREAM "passengers", "distance", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001")));
"""


def test_a_guess_sees_columns_through_a_table_function_and_below_an_alias_of_their_name(tmp_path: Path) -> None:
    path = tmp_path / "seen.sql"
    path.write_text(FOREST)
    result = workshop("check", path)
    assert result.exit_code == 0, result.output
    assert "SOURCE_SQL_STREAM_001: distance DOUBLE, passengers DOUBLE" in result.stdout
    path.write_text(
        """CREATE STREAM S ("page" VARCHAR(9), n BIGINT); CREATE PUMP P AS INSERT INTO S
        SELECT STREAM UPPER("page") AS "page", ITEM_COUNT FROM (SELECT STREAM "page", 1 AS ITEM_COUNT FROM
        "SOURCE_SQL_STREAM_001") AS t; CREATE STREAM T (item VARCHAR(9), n BIGINT); CREATE PUMP Q AS INSERT INTO T
        SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'sku', 3, 60));
        CREATE STREAM U (name VARCHAR(9)); CREATE PUMP R AS INSERT INTO U
        SELECT STREAM UPPER("name") AS "name" FROM "SOURCE_SQL_STREAM_001";"""
    )
    result = workshop("check", path)
    assert result.exit_code == 0, result.output
    assert "SOURCE_SQL_STREAM_001: name VARCHAR(4096), page VARCHAR(4096), sku VARCHAR(4096)\n" in result.stdout


def test_an_arrival_time_is_added_and_that_is_said(tmp_path: Path) -> None:
    path, data = tmp_path / "arrival.sql", tmp_path / "records.jsonl"
    path.write_text(
        """CREATE STREAM S (page VARCHAR(9), t TIMESTAMP); CREATE PUMP P AS INSERT INTO S
        SELECT STREAM "page", APPROXIMATE_ARRIVAL_TIME FROM "SOURCE_SQL_STREAM_001";"""
    )
    data.write_text('{"page": "/", "at": "2026-01-05 10:00:00"}\n')
    checked = workshop("check", path)
    assert checked.exit_code == 0, checked.output
    result = workshop("run", path, "--records", data, "--rowtime", "at")
    for told in (checked.stderr, result.stderr):
        assert "warning: SOURCE_SQL_STREAM_001 has no column APPROXIMATE_ARRIVAL_TIME" in told
    assert [row["T"] for row in lines(result)] == ["2026-01-05 10:00:00.000"]


def test_records_that_are_not_one_a_line_bring_advice(script: Path, tmp_path: Path) -> None:
    data, schema = tmp_path / "array.json", tmp_path / "schema.json"
    data.write_text('[\n  {\n    "page": "/"\n  }\n]\n')
    schema.write_text('{"page": "VARCHAR(16)", "at": "TIMESTAMP"}')
    for more in ((), ("--schema", schema)):
        result = workshop("run", script, "--records", data, *more)
        assert result.exit_code == 1
        assert "jq -c '.[]' FILE" in result.stderr


def test_utf_16_is_named_with_the_way_out(script: Path, tmp_path: Path, records: Path) -> None:
    data, odd = tmp_path / "wide.jsonl", tmp_path / "wide.sql"
    data.write_text('{"page": "/"}\n', encoding="utf-16")
    odd.write_text(SCRIPT, encoding="utf-16")
    for arguments in (("run", script, "--records", data), ("check", odd, "--records", records)):
        result = workshop(*arguments)
        assert (result.exit_code, "iconv -f UTF-16 -t UTF-8" in result.stderr) == (1, True)


def test_a_forest_that_has_not_learnt_enough_is_told(tmp_path: Path) -> None:
    path, data = tmp_path / "forest.sql", tmp_path / "records.jsonl"
    path.write_text(FOREST.replace(")));", "), 10, 50, 100));"))
    for count, told in ((50, True), (51, False)):
        data.write_text('{"passengers": 1, "distance": 2.5}\n' * count)
        result = workshop("run", path, "--records", data)
        assert ("Forest 1 has seen" in result.stderr) is told, result.stderr


def test_check_of_a_script_cut_off_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "cut.sql"
    path.write_text("CREATE STREAM S (n INTEGER")
    result = workshop("check", path)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == ["  CREATE STREAM S (n INTEGER", "                            ^"]


def test_explain_tells_each_pump_in_words() -> None:
    text = workshop("explain", LAB).stdout
    for part in (
        "CLICKPUMP: SOURCE_SQL_STREAM_001 → CLICKSTREAM",
        "keep it if (browseraction = 'Click')",
        "in windows of 10 s: COUNT(*)",
        "CTR = ((CLICKSTREAM.CLICKCOUNT / IMPRESSIONSTREAM.IMPRESSIONCOUNT) * 100.000)",
        "score CTR with a random cut forest into ANOMALY_SCORE (100 trees, samples of 12,",
        "insert into DESTINATION_SQL_STREAM: CTRPERCENT = CTR, ANOMALY_SCORE",
    ):
        assert part in text


def test_explain_draws_streams_and_pumps() -> None:
    text = workshop("explain", LAB, "--mermaid").stdout
    assert text.startswith("flowchart LR\n")
    assert '  s4[("DESTINATION_SQL_STREAM<br/>CTRPERCENT DOUBLE<br/>ANOMALY_SCORE DOUBLE")]\n' in text
    assert '  p2(["CTRPUMP"])\n  s2 --> p2\n  s1 --> p2\n  p2 --> s3\n' in text


# run


def test_run_writes_rows_as_windows_close_and_infers_the_columns(script: Path, records: Path) -> None:
    result = workshop("run", script, "--records", records, "--rowtime", "at")
    assert result.exit_code == 0, result.output
    assert lines(result) == EXPECTED
    assert result.stderr == (
        "Columns inferred from the first records: page VARCHAR(4096), at VARCHAR(4096)\n3 records read, 3 rows written.\n"
    )


def test_run_reads_gzip_and_standard_input_alike(script: Path, tmp_path: Path) -> None:
    packed = tmp_path / "records.jsonl.gz"
    packed.write_bytes(gzip.compress(RECORDS.encode()))
    assert lines(workshop("run", script, "--records", packed, "--rowtime", "at")) == EXPECTED
    command = [sys.executable, "-m", "helpers.cli", "sql", "run", str(script), "--records", "-", "--rowtime", "at"]
    shown = subprocess.run(command, cwd=ROOT, input=RECORDS.encode(), capture_output=True, check=True).stdout
    assert [json.loads(line) for line in shown.splitlines()] == EXPECTED


def test_a_broken_gzip_is_one_message(script: Path, tmp_path: Path) -> None:
    packed = tmp_path / "records.jsonl.gz"
    packed.write_bytes(gzip.compress(RECORDS.encode())[:-12])
    result = workshop("run", script, "--records", packed, "--rowtime", "at")
    assert result.exit_code == 1
    assert "Error: The records cannot be read to their end" in result.stderr


def test_streams_are_chosen_by_name(script: Path, records: Path) -> None:
    result = workshop("run", script, "--records", records, "--rowtime", "at", "--stream", "SOURCE_SQL_STREAM_001")
    assert [row["page"] for row in lines(result)] == ["/", "/shop", "/"]
    result = workshop("run", script, "--records", records, "--stream", "COUNT")
    assert result.exit_code == 1
    assert "There is no stream COUNT. There are: SOURCE_SQL_STREAM_001, COUNTS, error_stream." in result.stderr


def test_unreadable_and_late_rows_are_told_counted_and_in_the_error_stream(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(RECORDS + 'oops\n{"page": "/late", "at": "2026-11-22T10:00:11Z"}\n{"page": "/none"}\n[1]\n')
    result = workshop("run", script, "--records", path, "--rowtime", "at")
    assert result.exit_code == 1
    assert [row for row in lines(result) if row["stream"] == "COUNTS"] == EXPECTED
    errors = [row for row in lines(result) if row["stream"] == "error_stream"]
    assert [(row["ERROR_NAME"], row["DATA_ROWTIME"]) for row in errors] == [
        ("Unreadable record", "2026-11-22 10:00:12.000"),
        ("Row out of order", "2026-11-22 10:00:11.000"),
        ("Unreadable record", "2026-11-22 10:00:12.000"),
        ("Unreadable record", "2026-11-22 10:00:12.000"),
    ]
    assert bytes.fromhex(str(errors[0]["DATA_ROW"])) == b"oops"
    told = result.stderr.splitlines()[1:]
    assert told[0].startswith("line 5: expected a JSON object")
    assert told[1].startswith("line 6: 2026-11-22 10:00:11.000 is before 2026-11-22 10:00:12.000")
    assert told[2] == "line 7: it has no at, the column that its ROWTIME is read from"
    assert told[3].startswith("line 8: ")
    assert told[4] == "3 records read, 7 rows written; in error_stream: 3 unreadable, 1 late."


def test_what_is_unreadable_before_there_is_any_time_waits_for_it(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("oops\n" + RECORDS)
    rows = lines(workshop("run", script, "--records", path, "--rowtime", "at", "--stream", "error_stream"))
    assert [row["ROWTIME"] for row in rows] == ["2026-11-22 10:00:01.000"]
    path.write_text("oops\n")
    schema = tmp_path / "schema.json"
    schema.write_text('{"page": "VARCHAR(16)", "at": "VARCHAR(32)"}')
    rows = lines(workshop("run", script, "--records", path, "--rowtime", "at", "--schema", schema))
    assert [row["ERROR_NAME"] for row in rows] == ["Unreadable record"]


def test_many_complaints_are_counted_not_listed(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(RECORDS + "oops\n" * 50)
    told = workshop("run", script, "--records", path, "--rowtime", "at").stderr.splitlines()
    assert len(told) == 14
    assert told[-3:] == [
        "… and 40 more unreadable lines.",
        "Records are JSON objects, one a line; jq -c . FILE makes them so, jq -c '.[]' FILE from an array.",
        "3 records read, 53 rows written; in error_stream: 50 unreadable.",
    ]


def test_a_value_the_schema_refuses_comes_out_in_the_error_stream(script: Path, tmp_path: Path, records: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"page": "INTEGER", "at": "VARCHAR(32)"}')
    wrong = tmp_path / "numbers.sql"
    wrong.write_text(SCRIPT.replace('"page" VARCHAR(16)', '"page" INTEGER'))
    result = workshop("run", wrong, "--records", records, "--rowtime", "at", "--schema", schema)
    assert result.exit_code == 0
    assert {(row["stream"], row["ERROR_NAME"]) for row in lines(result)} == {("error_stream", "Coercion error")}


def test_the_schema_may_be_an_input_schema_or_its_discovery(script: Path, tmp_path: Path, records: Path) -> None:
    columns = [{"Name": "page", "SqlType": "VARCHAR(2)", "Mapping": "$.page"}, {"Name": "t", "SqlType": "VARCHAR(32)",
               "Mapping": "$.at"}]  # fmt: skip
    schema = {"RecordFormat": {"RecordFormatType": "JSON"}, "RecordColumns": columns}
    for number, document in enumerate((schema, {"InputSchema": schema, "RawInputRecords": []})):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        result = workshop("run", script, "--records", records, "--rowtime", "at", "--schema", path)
        assert [row["page"] for row in lines(result)] == ["/", "/s", "/"]


def test_without_rowtime_a_live_pipe_sees_its_windows_close(tmp_path: Path) -> None:
    path = tmp_path / "seconds.sql"
    path.write_text(SCRIPT.replace("'10' SECOND", "'0.2' SECOND"))
    command = [sys.executable, "-m", "helpers.cli", "sql", "run", str(path), "--records", "-"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin and run.stdout and run.stderr
        run.stdin.write(b'{"page": "/"}\n')
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["page"] == "/"  # the pipe is still open
        run.stdin.close()
        assert run.wait(timeout=60) == 0


def test_a_reader_that_goes_away_ends_the_run_quietly(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(f'{{"page": "/{n}", "at": {1_800_000_000 + n}}}\n' for n in range(30_000)))
    command = f'"{sys.executable}" -m helpers.cli sql run "{script}" --records "{path}" --rowtime at | head -1'
    shown = subprocess.run(command, cwd=ROOT, shell=True, capture_output=True, check=True)  # noqa: S602 - a pipe is the point
    assert shown.stdout.count(b"\n") == 1
    assert b"Traceback" not in shown.stderr
    assert b"Broken" not in shown.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a thing of Unix")
def test_progress_is_shown_on_a_terminal_only(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(f'{{"page": "/", "at": {1_800_000_000 + n}}}\n' for n in range(2_000)))
    command = [
        sys.executable,
        "-m",
        "helpers.cli",
        "sql",
        "run",
        str(script),
        "--records",
        str(path),
        "--rowtime",
        "at",
    ]
    ours, theirs = os.openpty()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # Linux says so when the other side has gone
        os.close(ours)
    assert running.returncode == 0
    assert b" records/s" in shown
    assert b"2,000 records read, 200 rows written." in shown


def test_a_run_is_repeatable(tmp_path: Path) -> None:
    path = tmp_path / "clicks.jsonl"
    actions = ["Click" if n % 7 in (1, 4, n // 900) else "Impression" for n in range(3_000)]
    path.write_text("".join(f'{{"browseraction": "{a}", "t": {1_800_000_000 + n}}}\n' for n, a in enumerate(actions)))
    first, second = (workshop("run", LAB, "--records", path, "--rowtime", "t", "--seed", "3") for _ in range(2))
    assert first.stdout == second.stdout
    assert "ANOMALY_SCORE" in first.stdout


def test_a_reference_table_is_looked_up(tmp_path: Path, records: Path) -> None:
    path = tmp_path / "named.sql"
    path.write_text("""CREATE STREAM "NAMED" ("page" VARCHAR(16), "title" VARCHAR(16), "score" BIGINT);
        CREATE PUMP "NAMING" AS INSERT INTO "NAMED" SELECT STREAM s."page", p."title", p."score"
        FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "PAGES" AS p ON s."page" = p."path";""")
    expected = [("/", "Home", 1), ("/shop", None, None), ("/", "Home", 1)]
    titles, schema = tmp_path / "titles.csv", tmp_path / "titles.json"
    schema.write_text('{"path": "VARCHAR(16)", "title": "VARCHAR(16)", "score": "BIGINT"}')
    for content, options in (
        ("path,title,score\n/,Home,1\n/cart,Cart,2\n", []),
        ('{"path": "/", "title": "Home", "score": 1}\n', []),
        ('{"path": "/", "title": "Home", "score": 1}\n', ["--reference-schema", f"PAGES={schema}"]),
        ("/,Home,1\n/cart,Cart,2\n", ["--reference-schema", f"PAGES={schema}"]),
    ):
        titles.write_text(content)
        result = workshop(
            "run", path, "--records", records, "--rowtime", "at", "--reference", f"PAGES={titles}", *options
        )
        assert result.exit_code == 0, result.output
        assert [(row["page"], row["title"], row["score"]) for row in lines(result)] == expected


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("path,title\n/,Home,1\n", "the first line must name the 3 columns, and is: path,title"),
        ("path\n", "no columns to be found"),
    ],
)
def test_a_table_without_columns_is_one_message(
    script: Path, records: Path, tmp_path: Path, content: str, told: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(content)
    result = workshop("run", script, "--records", records, "--reference", f"PAGES={table}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    for wrong, why in (("PAGES", "write NAME=FILE"), (f"PAGES={tmp_path / 'none'}", "cannot be read")):
        assert why in workshop("run", script, "--records", records, "--reference", wrong).stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are a thing of Unix")
def test_ctrl_c_ends_a_live_run_with_what_is_complete(script: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"page": "VARCHAR(16)", "at": "VARCHAR(32)"}')
    command = [sys.executable, "-m", "helpers.cli", "sql", "run", str(script), "--records", "-", "--rowtime", "at"]
    with subprocess.Popen(
        [*command, "--schema", str(schema)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdin and run.stdout and run.stderr
        run.stdin.write(RECORDS.encode() + b'{"page": "/", "at": "2026-11-22T10:00:22Z"}\n')
        run.stdin.flush()
        shown = [json.loads(run.stdout.readline()) for _ in EXPECTED]
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 130
        assert run.stdout.read() == b""  # the window of 10:00:20 to 10:00:30 is not over
        assert shown == EXPECTED
        assert run.stderr.read() == b"4 records read, 3 rows written.\n"


# the scripts of the workshops this one comes from, by the README's words


@pytest.fixture
def shared() -> Path:
    path = Path(os.environ.get("WORKSHOP_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"needs the seeds in {path} (set WORKSHOP_SHARED)")
    return path


def fenced(text: str, mark: str) -> str:
    """The fenced block with `mark` in it."""
    return next(block.partition("\n")[2] for block in text.split("```")[1::2] if mark in block)


def readme_run(name: str, records: Path, tmp_path: Path) -> Result:
    """The README's `sql run`, on a file of records, with the files it names."""
    command = next(
        line
        for line in (ROOT / "README.md").read_text().splitlines()
        if "workshop sql run mine.sql --records visits" in line
    )
    words = command.split("#")[0].split()[2:]
    names = {"mine.sql": str(tmp_path / name), "visits.jsonl": str(records)}
    return workshop(*[names.get(word, word) for word in words])


def test_the_clickstream_script_runs_as_the_readme_says(tmp_path: Path, shared: Path) -> None:
    script = fenced((shared / "seeds/kinesis-main-lab.txt").read_text(), "IMPRESSIONPUMP")
    (tmp_path / "mine.sql").write_text(script)
    records = tmp_path / "visits.jsonl"
    # the last ten seconds have clicks only, a rate that was never there before
    actions = ["Click" if n % 4 == n // 50 % 3 or (n > 1_300 and n % 5) else "Impression" for n in range(1_310)]
    records.write_text("".join(
        json.dumps({"browseraction": action, "site": "a.example", "at": f"2026-11-22T10:{n // 60:02}:{n % 60:02}Z"}) + "\n"
        for n, action in enumerate(actions)))  # fmt: skip
    result = readme_run("mine.sql", records, tmp_path)
    assert result.exit_code == 0, result.output
    assert "1,310 records read" in result.stderr
    last = lines(result)[-1]
    assert (last["stream"], last["ROWTIME"], last["CTRPERCENT"]) == (
        "DESTINATION_SQL_STREAM",
        "2026-11-22 10:21:50.000",
        400.0,
    )


def test_the_toll_script_runs_as_the_readme_says(tmp_path: Path, shared: Path) -> None:
    text = (shared / "seeds/analyticon-toll-pipeline.txt").read_text()
    (tmp_path / "mine.sql").write_text(fenced(text, "VEHICLES_PER_STATION_STREAM_PUMP"))
    records = tmp_path / "visits.jsonl"
    records.write_text(
        "".join(
            json.dumps(
                {
                    "date": f"2026-11-22T10:00:{n // 10:02}",
                    "station_id": ("183A", "TX45")[n % 2],
                    "user": "6LD7N",
                    "at": f"2026-11-22T10:00:{n // 10:02}Z",
                }
            )
            + "\n"
            for n in range(250)
        )
    )
    result = readme_run("mine.sql", records, tmp_path)
    assert result.exit_code == 0, result.output
    rows = lines(result)
    assert [(row["station_id"], row["vehicle_count"], row["anomaly_score"]) for row in rows] == [
        (station, count, 0.0) for count in (50, 50, 25) for station in ("183A", "TX45")
    ]


# its parts


def test_output_does_not_depend_on_how_the_input_comes_in() -> None:
    data = RECORDS.encode() * 1
    answers = set()
    for size in (1, 7, 50, 10_000):
        out: list[str] = []
        schema = inferred([data])
        streams = ("COUNTS", "SOURCE_SQL_STREAM_001")
        runner = Runner(SCRIPT, schema, rowtime="at", streams=streams, write=out.append, tell=lambda told: None)
        for block in blocks((data[i : i + size] for i in range(0, len(data), size)), size=1):
            runner.feed(block, 0, runner.read(block))
        runner.finish()
        answers.add("".join(out))
    assert len(answers) == 1


def test_memory_is_bounded_by_what_is_not_written_yet() -> None:
    written = 0

    def write(line: str) -> None:
        nonlocal written
        written += 1

    schema = {"RecordColumns": [{"Name": "page", "SqlType": "VARCHAR(4)"}, {"Name": "at", "SqlType": "BIGINT"}]}
    script = 'CREATE STREAM S (p VARCHAR(4)); CREATE PUMP P AS INSERT INTO S SELECT STREAM "page" FROM "SOURCE_SQL_STREAM_001"'
    runner = Runner(script, schema, rowtime="at", write=write, tell=print)
    for chunk in range(20):
        block = b'{"page": "/", "at": 1800000000}\n' * 1_000
        runner.feed(block, 0, runner.read(block))
        assert runner.account.records - written <= 11_000, chunk
        assert all(len(log._rows) == 0 for log in runner.application._logs.values())
    assert runner.finish().rows == written == 20_000


def test_lines_are_split_whatever_the_pieces() -> None:
    text = b"one\n\ntwo\r\nthree"
    for size in range(1, len(text) + 1):
        before, found = 0, []
        for block in blocks((text[i : i + size] for i in range(0, len(text), size)), size=1):
            assert block.endswith(b"\n")
            found += split_lines(block, before)
            before += block.count(b"\n")
        assert found == [(1, b"one"), (3, b"two\r"), (4, b"three")]


def test_blocks_are_large_unless_there_is_no_more_at_the_moment() -> None:
    assert list(blocks([b"a\n", b"b\n", b"c"], size=4)) == [b"a\nb\n", b"c\n"]
    assert list(blocks([b"a\n", b"", b"b\n", None, None], size=4)) == [b"a\n", b"b\n", b"", b""]


def test_a_line_without_an_end_is_not_read_into_memory() -> None:
    pieces = [b'{"page": "', *[b"x" * 65_536] * 64, b'"}\n{"page": "/"}\n']
    found = [line for block in blocks(pieces) for line in split_lines(block)]
    assert [number for number, _ in found] == [1, 2]
    assert MAX_LINE < len(found[0][1]) <= MAX_LINE + 65_536 * 2
    assert found[1][1] == b'{"page": "/"}'


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("2026-11-22T10:00:00.250Z", 1795341600250),
        ("2026-11-22 10:00:00", 1795341600000),
        ("2026-11-22T11:00:00+01:00", 1795341600000),
        ("20261122T100000Z", 1795341600000),
        (1795341600, 1795341600000),
        (1795341600.25, 1795341600250),
        (1795341600250, 1795341600250),
        ("1795341600", 1795341600000),
        ("1795341600.25", 1795341600250),
        (0, 0),
    ],
)
def test_times_are_read_as_iso_seconds_or_milliseconds(value: object, milliseconds: int) -> None:
    assert read_rowtime(value) == milliseconds


@pytest.mark.parametrize("value", ["soon", "", True, None, [1], float("nan"), 1e300, "2026-13-01"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rowtime(value)


def test_the_rowtime_column_goes_by_the_records_own_name_too() -> None:
    schema = inferred([b'{"timestamp": 1, "Other": 2}'])
    assert rowtime_column(schema, "timestamp") == "COL_timestamp"
    assert rowtime_column(schema, "OTHER") == "Other"


def test_help_stays_quick() -> None:
    code = "import sys, helpers.cli; print([m for m in ('sqlglot', 'numba', 'numpy', 'duckdb') if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"


@pytest.mark.parametrize("command", ["check", "explain", "translate"])
def test_reference_tables_are_known_to_whatever_reads_a_script(command: str, tmp_path: Path, records: Path) -> None:
    script, table, schema = tmp_path / "named.sql", tmp_path / "titles.csv", tmp_path / "titles.json"
    script.write_text("""CREATE STREAM "NAMED" ("page" VARCHAR(16), "title" VARCHAR(16));
        CREATE PUMP "NAMING" AS INSERT INTO "NAMED" SELECT STREAM s."page", p."title"
        FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "PAGES" AS p ON s."page" = p."path";""")
    table.write_text("/,Home\n")
    schema.write_text('{"path": "VARCHAR(16)", "title": "VARCHAR(16)"}')
    given = ["--reference", f"PAGES={table}", "--reference-schema", f"PAGES={schema}"]
    result = workshop(command, script, "--records", records, *given)
    assert result.exit_code == 0, result.output
    missing = workshop(command, script, "--records", records)
    assert "given with --reference NAME=FILE" in missing.stderr
    assert "no --reference PAGES=FILE" in workshop(command, script, "--records", records, *given[2:]).stderr
