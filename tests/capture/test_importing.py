"""History comes in from files: good rows once, broken rows named, interruptions gone on from."""

import csv
import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import uuid

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from plg.capture import importing
from plg.capture.import_rows import UnreadableFile
from plg.capture.importing import UnknownField, check_mapping, import_events
from plg.cli import main
from plg.events.models import Event
from plg.kit.db import db
from tests.capture.reading import account, events, members, person

HEADER = "event,user_id,timestamp,plan\n"
GOOD = "Signed Up,u1,2026-01-02T03:04:05Z,pro\n"


@pytest.fixture
def load(app, tmp_path):
    """Imports a file of this content (None: the same file again); its summary has the faults by line."""

    def load(content, name="history.csv", *, pairs=(), **options):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        faults = {}
        with app.app_context():
            summary = import_events(
                path,
                check_mapping(pairs),
                ("company",),
                progress_dir=tmp_path / "marks",
                on_fault=faults.__setitem__,
                **options,
            )
        summary.faults = faults
        return summary

    return load


def test_a_csv_row_is_an_event_of_its_person_account_and_time(app, load):
    load(
        "event,user_id,account_id,timestamp,seats,beta,code\nSeat Added,u1,acme,2026-01-02T03:04:05Z,3,true,007\n"
    )
    (event,) = events(app)
    assert (event.name, event.source) == ("Seat Added", "import")
    assert event.occurred_at == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert event.person_id == person(app, "u1").id
    assert event.account_id == account(app, "acme").id
    assert members(app, "acme") == {person(app, "u1").id}
    assert event.properties == {"seats": 3, "beta": True, "code": "007"}


def test_columns_of_any_name_are_mapped(app, load):
    content = "Was;Kunde;Wann;name\nBought;u1;2026-01-02;Ana\n"
    load(content, pairs=["Was=event", "Kunde=user", "Wann=time"])
    (event,) = events(app)
    assert (event.name, event.distinct_id) == ("Bought", "u1")
    assert event.properties == {"name": "Ana"}


def test_a_wrong_mapping_names_every_fault():
    with pytest.raises(UnknownField) as refused:
        check_mapping(["a=user", "b=nothing", "c"])
    assert [fault.field for fault in refused.value.errors] == ["b=nothing", "c"]


def test_json_lines_may_be_flat_or_segments_or_posthogs(app, load):
    lines = [
        {"event": "Flat", "user": "u1", "time": "2026-01-02", "rows": 3},
        {
            "type": "track",
            "event": "Segment",
            "userId": "u1",
            "messageId": "s1",
            "timestamp": "2026-01-03T00:00:00Z",
        },
        {"type": "identify", "userId": "u1", "traits": {"name": "Ana"}, "timestamp": "2026-01-03T00:00:00Z"},
        {
            "event": "$pageview",
            "distinct_id": "u1",
            "timestamp": "2026-01-04",
            "properties": {"$pathname": "/"},
        },
    ]
    summary = load("\n".join(map(json.dumps, lines)), "history.jsonl")
    assert summary.faults == {}
    assert [event.name for event in events(app)] == ["Flat", "Segment", "Identified", "Page Viewed"]
    assert {event.source for event in events(app)} == {"import"}
    assert person(app, "u1").name == "Ana"


def test_gzipped_files_and_marks_of_byte_order_are_read(app, load):
    load(gzip.compress(b"\xef\xbb\xbf" + (HEADER + GOOD).encode()), "history.csv.gz")
    assert len(events(app)) == 1


def test_every_broken_row_is_named_by_its_line_and_the_good_ones_are_kept(app, load):
    content = (
        HEADER
        + GOOD
        + "Signed Up,,2026-01-02,pro\n"  # 3
        + ",u1,2026-01-02,pro\n"  # 4
        + "Signed Up,u1,,pro\n"  # 5
        + "Signed Up,u1,soon,pro\n"  # 6
        + "Signed Up,u1,2199-01-01,pro\n"  # 7
        + "Signed Up,u1\n"  # 8
        + '"Two\nlines",u2,2026-01-02,"a\nb"\n'  # 9 to 11
        + f"{'x' * 201},u1,2026-01-02,pro\n"  # 12
        + "People Merged,u1,2026-01-02,pro\n"  # 13
        + GOOD.replace("u1", "u3")
    ).encode() + b"Caf\xe9,u1,2026-01-02,pro\n"  # 15
    summary = load(content)
    assert sorted(summary.faults) == [3, 4, 5, 6, 7, 8, 12, 13, 15]
    assert "userId" in summary.faults[3]
    assert "event is missing" in summary.faults[4].replace(":", "")
    assert "time" in summary.faults[5]
    assert "soon" in summary.faults[6]
    assert "2 columns instead of 4" in summary.faults[8]
    assert "UTF-8" in summary.faults[15]
    assert (summary.rows, summary.kept, summary.broken) == (12, 3, 9)
    assert [event.name for event in events(app)] == ["Signed Up", "Two\nlines", "Signed Up"]


def test_broken_json_lines_are_named_too(app, load):
    good = json.dumps({"event": "e", "user": "u1", "time": "2026-01-02"})
    deep = '{"event":"e","user":"u1","time":"2026-01-02","p":' + "[" * 1000 + "]" * 1000 + "}"
    content = (
        "\n".join([good, "{", "[]", "", deep, '{"properties": 7, "event": "e"}']).encode()
        + b'\n{"a": "\xff"}'
    )
    summary = load(content, "history.ndjson")
    assert sorted(summary.faults) == [2, 3, 5, 6, 7]
    assert len(events(app)) == 1


def test_reading_a_file_again_stores_nothing_twice(app, load):
    first = load(HEADER + GOOD * 2 + GOOD.replace("u1", "u2"))
    again = load(HEADER + GOOD + GOOD.replace("u1", "u3"), "other.csv")
    assert len(events(app)) == 3
    assert (first.kept, first.known) == (3, 1)  # the same row twice is one event
    assert (again.kept, again.known) == (2, 1)


def test_rows_with_ids_of_their_own_are_told_apart_by_them(app, load):
    header = "id," + HEADER
    load(header + "1," + GOOD + "2," + GOOD)
    assert [event.id for event in events(app)] == ["1", "2"]


def test_an_interrupted_import_goes_on_where_it_was(app, load, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 10)
    real, sizes = importing._store, []

    def fail_at_the_third(messages, summary):
        sizes.append(len(messages))
        if len(sizes) == 3:
            raise KeyboardInterrupt
        real(messages, summary)

    monkeypatch.setattr(importing, "_store", fail_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        load(HEADER + "".join(GOOD.replace("u1", f"u{number}") for number in range(35)))
    assert len(events(app)) == 20

    sizes.extend([0] * 3)
    summary = load(None)
    assert sizes[6:] == [10, 5]
    assert (summary.rows, summary.kept, summary.known) == (35, 35, 0)
    assert len(events(app)) == 35


def test_a_finished_file_is_read_from_its_start_again(app, load):
    load(HEADER + GOOD)
    assert load(None).known == 1


@pytest.mark.parametrize(("name", "content"), [("x.xlsx", "x"), ("x.csv", ""), ("x.csv.gz", "no gzip")])
def test_a_file_that_cannot_be_read_is_refused_by_name(load, name, content):
    with pytest.raises(UnreadableFile):
        load(content, name)


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def environment(database, tmp_path):
    return {"PLG_DATABASE_URL": database.url, "PLG_DATA_DIR": str(tmp_path), "PLG_CONFIG": os.devnull}


def in_a_process(environment, *arguments):
    command = [sys.executable, "-m", "plg", "import", "events", *arguments]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def in_this_process(environment, *arguments):
    done = CliRunner().invoke(main, ["import", "events", *arguments], env=environment)
    return done.exit_code, done.stdout, done.stderr


ROWS = 12_000  # several batches; `python -m tests.bench ingest` has the many


@pytest.mark.slow
def test_many_rows_with_broken_ones_among_them(app, environment, tmp_path):
    path = tmp_path / "history.csv"
    count = ROWS
    broken = {500, count // 2, count - 1}
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "Event", "User ID", "account", "Timestamp", "amount"])
        for number in range(count):
            time = "" if number in broken else f"2026-01-{number % 28 + 1:02}T00:00:{number % 60:02}Z"
            rows.writerow([uuid.uuid4(), "Invoice Sent", f"u{number % 900}", f"a{number % 90}", time, number])

    for known, run in ((0, in_a_process), (count - 3, in_this_process)):
        code, said, faults = run(environment, str(path))
        assert code == 1, faults
        assert f"{count} rows read: {count - 3} kept ({known} were there already), 3 broken." in said
        assert [line for line in faults.splitlines() if line.startswith("line ")] == [
            f"line {number + 2}: time: is missing" for number in sorted(broken)
        ]

    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Event.source == "import")) == count - 3
    assert account(app, "a7").id
    assert len(members(app, "a7")) == 10


def test_the_command_ends_with_0_when_all_is_well_and_with_a_word_when_not(environment, tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(HEADER + GOOD)
    assert in_this_process(environment, str(path))[0] == 0
    code, _, said = in_this_process(environment, str(path), "--map", "plan=price")
    assert code == 1
    assert "plan=price" in said
