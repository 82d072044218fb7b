"""The columnar copy: what it keeps, what it survives, what it refuses."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from plg.growth.columns import (
    ActorOutOfRange,
    ColumnsUnreadable,
    PropertyNotKept,
    Reader,
    TimeOutOfRange,
    Writer,
    WriterBusy,
)
from plg.growth.columns import keys as key_codec
from plg.growth.columns.batch import RaggedBatch
from plg.growth.columns.storage import MAGIC
from tests.growth.logs import Happened, batch, columns, moment

LOG = [
    Happened("Signed Up", 0, person=2, account=7),
    Happened("Signed Up", 5, person=1),
    Happened("Invoice Sent", 9, person=2, account=7, properties={"plan": "pro"}),
    Happened("Invoice Sent", 3, person=1, account=7, properties={"plan": "free"}),
]


def decoded(keys: key_codec.Keys) -> list[tuple[int, int]]:
    """(actor, milliseconds after day one)."""
    zero = int(key_codec.clock(moment(0)))
    times = (int(time) - zero for time in key_codec.times_of(keys))
    return list(zip(key_codec.actors_of(keys).tolist(), times, strict=True))


def test_events_lie_sorted_by_actor_then_time_for_people_and_for_accounts(tmp_path: Path) -> None:
    snapshot = columns(tmp_path, LOG)
    assert snapshot.names() == ["Invoice Sent", "Signed Up"]
    assert decoded(snapshot.keys("Signed Up", "person")) == [(1, 5), (2, 0)]
    assert decoded(snapshot.keys("Invoice Sent", "account")) == [(7, 3), (7, 9)]
    assert decoded(snapshot.keys("Signed Up", "account")) == [(7, 0)]
    assert snapshot.keys("Never Heard Of", "person").size == 0


def test_a_property_matches_by_value_and_by_type(tmp_path: Path) -> None:
    values = ["1", 1, True, 1.0, None, [1], "x" * 201]
    log = [Happened("Tick", i, properties={"plan": value}) for i, value in enumerate(values)]
    snapshot = columns(tmp_path, log)
    for asked, found in (("1", [0]), (1, [1, 3]), (True, [2]), ("never", []), ("x" * 201, [])):
        assert np.flatnonzero(snapshot.matches("Tick", "person", {"plan": asked})).tolist() == found


def test_matches_stay_beside_their_keys_when_several_batches_are_joined(tmp_path: Path) -> None:
    many = [Happened("Invoice Sent", 2 * i, person=1 + i % 5, properties={"plan": "pro"}) for i in range(40)]
    snapshot = columns(tmp_path, many, LOG)
    assert len(list(tmp_path.glob("*.segment"))) == 2
    keys = snapshot.keys("Invoice Sent", "person")
    free = keys[snapshot.matches("Invoice Sent", "person", {"plan": "free"})]
    assert decoded(free) == [(1, 3)]
    assert snapshot.matches("Invoice Sent", "person", {"plan": "pro"}).sum() == 41


def test_a_filter_on_a_property_that_is_not_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PropertyNotKept, match="amount, colour"):
        columns(tmp_path, LOG).matches("Signed Up", "person", {"colour": 1, "amount": 2})


def test_the_same_events_again_change_nothing(tmp_path: Path) -> None:
    with Writer(tmp_path, ["plan"]) as writer:
        assert writer.append(batch(LOG)) == 4
        assert writer.append(batch(LOG)) == 0
        assert writer.append(batch([*LOG, Happened("Late", 1)])) == 1
    snapshot = Reader(tmp_path).snapshot()
    assert snapshot.events == 5
    assert snapshot.place == (0, 5)
    assert snapshot.keys("Signed Up", "person").size == 2


def test_a_lower_position_of_a_later_transaction_is_new(tmp_path: Path) -> None:
    with Writer(tmp_path, ["plan"]) as writer:
        writer.append(batch(LOG, first=10, transaction=500))
        assert writer.append(batch(LOG, first=2, transaction=501)) == 4
        assert writer.append(batch(LOG, first=20, transaction=499)) == 0
        assert writer.place == (501, 5)


def test_a_crash_before_the_manifest_is_swapped_leaves_the_old_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns(tmp_path, LOG)
    more = [Happened("Signed Up", 50, person=3)] * 3

    def power_cut(*_: object) -> None:
        raise OSError("power cut")

    with Writer(tmp_path) as writer, monkeypatch.context() as patched:
        patched.setattr(Path, "replace", power_cut)
        with pytest.raises(OSError, match="power cut"):
            writer.append(batch(more, first=5), [(1, 2)])
    assert len(list(tmp_path.glob("*.segment"))) == 2
    assert Reader(tmp_path).snapshot().place == (0, 4)
    assert decoded(Reader(tmp_path).snapshot().keys("Signed Up", "person")) == [(1, 5), (2, 0)]

    with Writer(tmp_path) as writer:
        assert writer.append(batch(more, first=5)) == 3
    assert Reader(tmp_path).snapshot().keys("Signed Up", "person").size == 5
    assert len(list(tmp_path.glob("*.segment"))) == 1


def test_the_number_of_segments_stays_small_however_many_batches_come(tmp_path: Path) -> None:
    with Writer(tmp_path, ["plan"]) as writer:
        for i in range(600):
            writer.append(batch([Happened("Tick", i, person=1 + i % 9)], first=i + 1))
            assert len(list(tmp_path.glob("*.segment"))) <= 5
    snapshot = Reader(tmp_path).snapshot()
    keys = snapshot.keys("Tick", "person")
    assert sorted(time for _, time in decoded(keys)) == list(range(600))
    assert (keys[1:] > keys[:-1]).all()


def test_merged_people_are_read_as_the_survivor(tmp_path: Path) -> None:
    with Writer(tmp_path, ["plan"]) as writer:
        writer.append(batch(LOG), [(2, 3)])
        writer.append(batch([Happened("Signed Up", 70, person=2)], first=5), [(3, 1)])
    snapshot = Reader(tmp_path).snapshot()
    assert decoded(snapshot.keys("Signed Up", "person")) == [(1, 0), (1, 5), (1, 70)]
    pro = snapshot.keys("Invoice Sent", "person")[snapshot.matches("Invoice Sent", "person", {"plan": "pro"})]
    assert decoded(pro) == [(1, 9)]
    assert decoded(snapshot.keys("Signed Up", "account")) == [(7, 0)]


@pytest.mark.parametrize(
    "pairs", [[(1, 2), (2, 1)], [(1, 2), (1, 2)], [(4, 1), (1, 2), (2, 4)], [(2, 2), (1, 2)]]
)
def test_circles_and_repeats_of_merges_end_in_one_person(
    tmp_path: Path, pairs: list[tuple[int, int]]
) -> None:
    with Writer(tmp_path, ["plan"]) as writer:
        for pair in pairs:
            writer.append(batch(LOG), [pair])
    with Writer(tmp_path / "at once", ["plan"]) as writer:
        writer.append(batch(LOG), pairs)
    for folder in (tmp_path, tmp_path / "at once"):
        keys = Reader(folder).snapshot().keys("Signed Up", "person")
        assert key_codec.distinct_actors(keys).size == 1


def test_a_reader_sees_new_batches_and_its_old_snapshot_stays_as_it_was(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    empty = reader.snapshot()
    assert empty.names() == []
    columns(tmp_path, LOG)
    first = reader.snapshot()
    assert reader.snapshot() is first
    with Writer(tmp_path) as writer:
        writer.append(batch([Happened("Signed Up", 9, person=9)] * 50, first=5))
    assert first.keys("Signed Up", "person").size == 2
    assert first.keys("Invoice Sent", "person").size == 2
    assert reader.snapshot().keys("Signed Up", "person").size == 52


def _write_many(folder: Path) -> None:
    with Writer(folder, ["plan"]) as writer:
        for i in range(150):
            writer.append(batch([Happened("Tick", i), Happened("Tock", i)], first=2 * i + 1))


def test_another_process_reads_whole_batches_while_one_writes(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_write_many, args=(tmp_path,))
    process.start()
    reader, seen = Reader(tmp_path), set()
    while process.is_alive():
        snapshot = reader.snapshot()
        ticks, tocks = snapshot.keys("Tick", "person"), snapshot.keys("Tock", "person")
        assert ticks.size == tocks.size == snapshot.place[1] // 2
        seen.add(ticks.size)
    process.join()
    assert process.exitcode == 0
    assert reader.snapshot().keys("Tick", "person").size == 150
    assert len(seen) > 3


def test_a_second_writer_is_refused_while_the_first_writes(tmp_path: Path) -> None:
    with Writer(tmp_path), pytest.raises(WriterBusy):
        Writer(tmp_path)
    Writer(tmp_path).close()


def test_keeping_another_property_clears_the_columns_to_be_filled_anew(tmp_path: Path) -> None:
    columns(tmp_path, LOG)
    with Writer(tmp_path, ["plan", "country"]) as writer:
        assert writer.place == (0, 0)
        writer.append(batch(LOG, properties=["plan", "country"]))
    with Writer(tmp_path, ["plan"]) as writer:
        assert writer.place == (0, 4)
    assert Reader(tmp_path).snapshot().properties == ("plan",)


def test_times_that_no_key_can_hold_are_left_out_and_counted(tmp_path: Path) -> None:
    years = 365 * 86_400_000
    log = [Happened("Tick", 0), Happened("Tick", -17 * years), Happened("Tick", 18 * years)]
    snapshot = columns(tmp_path, log)
    assert (snapshot.left_out, snapshot.events, snapshot.place) == (2, 1, (0, 3))


def test_an_actor_number_beyond_24_bits_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer, pytest.raises(ActorOutOfRange, match="16777214"):
        writer.append(batch([Happened("Tick", 0), Happened("Tick", 0, person=2**24)]))
    assert Reader(tmp_path).snapshot().place == (0, 0)
    largest = key_codec.LARGEST_ACTOR
    assert decoded(columns(tmp_path, [Happened("Tick", 3, person=largest)]).keys("Tick", "person")) == [
        (largest, 3)
    ]
    with Writer(tmp_path) as writer:
        writer.append(batch([]), [(largest, 5)])
    assert decoded(Reader(tmp_path).snapshot().keys("Tick", "person")) == [(5, 3)]


def test_a_key_refuses_a_time_it_cannot_hold() -> None:
    with pytest.raises(TimeOutOfRange):
        key_codec.pack(np.array([1]), np.array([0]))


def test_a_batch_whose_columns_differ_in_length_is_refused_naming_them() -> None:
    whole = batch(LOG)
    with pytest.raises(RaggedBatch, match="4 places, but names has 1, property plan has 0"):
        type(whole)(whole.places, ["A"], whole.at_ms, whole.persons, whole.accounts, {"plan": []})


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"format": 99}', b"not json"])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ColumnsUnreadable):
        Reader(tmp_path).snapshot()


@pytest.mark.parametrize("content", [b"", MAGIC, MAGIC + (50).to_bytes(8, "little") + b"{", b"x" * 200])
def test_a_damaged_segment_is_refused(tmp_path: Path, content: bytes) -> None:
    columns(tmp_path, LOG)
    (segment,) = tmp_path.glob("*.segment")
    segment.write_bytes(content)
    with pytest.raises(ColumnsUnreadable):
        Reader(tmp_path).snapshot()


def test_a_truncated_segment_is_refused(tmp_path: Path) -> None:
    columns(tmp_path, LOG)
    (segment,) = tmp_path.glob("*.segment")
    os.truncate(segment, segment.stat().st_size - 8)
    with pytest.raises(ColumnsUnreadable):
        Reader(tmp_path).snapshot()


def test_columns_that_are_filled_anew_are_shown_when_all_is_there(tmp_path: Path) -> None:
    reader, others = Reader(tmp_path), [event for event in LOG if event.person != 2]
    columns(tmp_path, LOG)
    with Writer(tmp_path) as writer:
        assert not writer.forget([9, 2])
        with writer.anew():
            assert writer.place == (0, 0)
            for position, event in enumerate(others, start=1):
                writer.append(batch([event], first=position))
                assert reader.snapshot().keys("Signed Up", "person").size == 2
        assert writer.forget([9, 2, 2**40, 0])
    snapshot = reader.snapshot()
    assert (snapshot.place, snapshot.events) == ((0, 2), 2)
    assert decoded(snapshot.keys("Signed Up", "person")) == [(1, 5)]
    assert decoded(snapshot.keys("Invoice Sent", "account")) == [(7, 3)]
    assert len(list(tmp_path.glob("*.segment"))) == 1


def test_a_failure_while_filling_anew_leaves_the_columns_as_they_were(tmp_path: Path) -> None:
    columns(tmp_path, LOG)
    with Writer(tmp_path) as writer:
        with pytest.raises(OSError), writer.anew():
            writer.append(batch(LOG[:1]))
            raise OSError("disk full")
        assert writer.place == (0, 4)
        writer.append(batch(LOG[:1], first=5))
    assert Reader(tmp_path).snapshot().keys("Signed Up", "person").size == 3
    assert len(list(tmp_path.glob("*.segment"))) == 1


def test_clearing_forgets_everything(tmp_path: Path) -> None:
    columns(tmp_path, LOG)
    with Writer(tmp_path) as writer:
        writer.clear()
    snapshot = Reader(tmp_path).snapshot()
    assert (snapshot.names(), snapshot.place, list(tmp_path.glob("*.segment"))) == ([], (0, 0), [])
