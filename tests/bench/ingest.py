"""Events in: batches and single calls through HTTP, beside the rawest way into the same table.

Every repetition sends new event ids of people and accounts that are known already. The floor is measured between
the repetitions: the same rows, prepared in memory, by one COPY (PostgreSQL) or one executemany (SQLite); and once
more as they came, each hundred in a transaction of its own, which is what "durable before the answer" costs alone.
"""

import datetime as dt
import itertools
import json
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from plg.capture import segment
from plg.capture.decoding import read_body
from plg.events.models import Event
from plg.kit.db import db
from tests.bench import load
from tests.bench.measuring import arguments, report
from tests.bench.serving import Plg, new_plg

CLIENTS = 8
PEOPLE, ACCOUNTS = 1000, 50
EVENTS_A_BATCH = 100
COLUMNS = [column.name for column in Event.__table__.columns if column.name not in {"position", "tx"}]


def main(argv: list[str]) -> int:
    parser = arguments(argv, __doc__)
    parser.add_argument("--batches", type=int, default=500, help="requests of 100 events in each repetition")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=6, help="of single calls")
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg, plg.serving():
        figures = _measure(plg, options.batches, options.repetitions, options.seconds)
    report(figures, database=plg.database, concurrency=CLIENTS, as_json=options.json)
    return 0


def _measure(plg: Plg, batches: int, repetitions: int, seconds: float) -> dict[str, Any]:
    sent = _send(plg, max(batches // 5, 20))[0]
    rates, floors, small_floors, cpu = [], [], [], []
    for _ in range(repetitions):
        count, rate, cpu_us = _send(plg, batches)
        sent += count
        rates.append(rate)
        cpu.append(cpu_us)
        floors.append(_floor(plg, count, count))
        small_floors.append(_floor(plg, count // 5, EVENTS_A_BATCH))
    singles, per_second, cpu_ms, p95 = _send_singles(plg, seconds)
    batch, floor = statistics.median(rates), statistics.median(floors)
    pairs = zip(
        rates, floors, strict=True
    )  # measured one after the other: a machine is not always equally fast
    return {
        "batch_events_per_s": round(batch),
        "copy_events_per_s": round(floor),
        "ratio_copy": statistics.median(rate / beside for rate, beside in pairs),
        "copy_by_100_events_per_s": round(statistics.median(small_floors)),
        "ratio_copy_by_100": batch / statistics.median(small_floors),
        "batch_event_cpu_us": statistics.median(cpu),
        "parse_only_events_per_s": round(_parse_only(plg)),
        "single_per_s_c8": round(per_second),
        "single_cpu_ms": cpu_ms,
        "single_p95_ms_c8": p95,
        "events_sent": sent + singles,
        "rows_stored": _stored(plg),
        "durability": _durability(plg),
    }


# --- through HTTP -------------------------------------------------------------------------------


def _event(number: int) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": str(uuid.uuid4()),
        "userId": f"user-{number % PEOPLE}",
        "anonymousId": None,
        "event": "Report Exported",
        "properties": {"format": "csv", "rows": number, "plan": "pro", "source": "toolbar", "ms": 12.5},
        "context": {
            "library": {"name": "analytics-python", "version": "2.4.0"},
            "groupId": f"account-{number % ACCOUNTS}",
        },
        "integrations": {},
        "timestamp": dt.datetime.now(dt.UTC).isoformat(),
    }


def _body(plg: Plg, first: int) -> bytes:
    events = [_event(number) for number in range(first, first + EVENTS_A_BATCH)]
    sent_at = dt.datetime.now(dt.UTC).isoformat()
    return json.dumps({"batch": events, "sentAt": sent_at, "writeKey": plg.secret_key}).encode()


def _send(plg: Plg, batches: int) -> tuple[int, float, float]:
    """(events sent, events a second, microseconds of the servers' processors for one event)."""
    requests = [load.http("POST", "/v1/batch", body=_body(plg, n * EVENTS_A_BATCH)) for n in range(batches)]

    waiting = iter(requests)  # whoever is free takes the next

    def client(_number: int) -> load.Script:
        return (request for request in waiting)

    before = plg.cpu_ms()
    result = load.run(plg.url, client, clients=CLIENTS).must_be(200)
    count = batches * EVENTS_A_BATCH
    return count, count / result.seconds, (plg.cpu_ms() - before) * 1000 / count


def _send_singles(plg: Plg, seconds: float) -> tuple[int, float, float, float]:
    """(events sent, calls a second, ms of the servers' processors for one, 95th percentile of the answers)."""
    until = time.perf_counter() + seconds

    def client(number: int) -> load.Script:
        for count in itertools.count():
            if time.perf_counter() > until:
                return
            event = _event(number + count * CLIENTS) | {"writeKey": plg.secret_key}
            yield load.http("POST", "/v1/track", body=event)

    before = plg.cpu_ms()
    result = load.run(plg.url, client, clients=CLIENTS).must_be(200)
    sent = len(result.latencies_ms["request"])
    return sent, result.per_second(), (plg.cpu_ms() - before) / sent, result.percentile_ms(95)


# --- beside HTTP --------------------------------------------------------------------------------


def _parse_only(plg: Plg) -> float:
    """Events a second that one process decodes and turns into messages, without storing them."""
    bodies = [_body(plg, n * EVENTS_A_BATCH) for n in range(100)]
    moment = dt.datetime.now(dt.UTC)
    began = time.perf_counter()
    for body in bodies:
        segment.parse(segment.read_envelope(read_body(body, segment.MAX_BATCH), "batch"), moment)
    return len(bodies) * EVENTS_A_BATCH / (time.perf_counter() - began)


def _floor(plg: Plg, count: int, in_transaction: int) -> float:
    """Rows a second of the newest `count` rows, with new ids, put into the same table in the rawest way, so many
    in a transaction."""
    with plg.app.app_context():
        driver = db.engine.raw_connection()
        try:
            names = ", ".join(COLUMNS)
            cursor = driver.cursor()
            cursor.execute(f"SELECT tx, {names} FROM events ORDER BY position DESC LIMIT {count}")
            rows = [(row[0], str(uuid.uuid4()), *row[2:-1], "floor") for row in cursor.fetchall()]
            put = _executemany if plg.database == "sqlite" else _copy
            parts = [rows[start : start + in_transaction] for start in range(0, count, in_transaction)]
            return count / sum(put(driver, f"tx, {names}", part) for part in parts)
        finally:
            driver.close()


def _executemany(driver: Any, names: str, rows: Sequence[tuple[Any, ...]]) -> float:
    marks = ", ".join("?" * len(rows[0]))
    began = time.perf_counter()
    cursor = driver.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    cursor.executemany(f"INSERT INTO events ({names}) VALUES ({marks})", rows)
    cursor.execute("COMMIT")
    return time.perf_counter() - began


def _copy(driver: Any, names: str, rows: Sequence[tuple[Any, ...]]) -> float:
    lines = b"".join(_copy_lines(rows))
    began = time.perf_counter()
    with driver.cursor().copy(f"COPY events ({names}) FROM STDIN") as copy:
        copy.write(lines)
    driver.commit()
    return time.perf_counter() - began


def _copy_lines(rows: Sequence[tuple[Any, ...]]) -> Iterator[bytes]:
    for row in rows:
        yield "\t".join(_field(value) for value in row).encode() + b"\n"


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _stored(plg: Plg) -> int:
    """Events that came in through HTTP and are there."""
    with plg.app.app_context():
        total = db.session.scalar(select(func.count()).select_from(Event).where(Event.source == "segment"))
        db.session.rollback()
    return total or 0


def _durability(plg: Plg) -> str:
    if plg.database == "sqlite":
        return "WAL, synchronous=NORMAL"
    with plg.app.app_context():
        found = db.session.connection().exec_driver_sql("SHOW synchronous_commit").scalar()
        db.session.rollback()
    return f"synchronous_commit={found}"
