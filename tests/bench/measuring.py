"""What benchmarks measure with: processor time from /proc, percentiles, arguments and the last JSON line."""

import argparse
import json
import os
import platform
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(pids: Iterable[int]) -> float:
    """Processor time in ms that these processes and all that they started have used until now.

    Fields 14 to 17 of proc(5) `/proc/PID/stat`: own user and system time, and that of children that ended.
    """
    return sum(_cpu_ms(pid) for pid in _with_descendants(pids))


def _cpu_ms(pid: int) -> float:
    try:
        fields = _stat(pid)
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) * _TICK_MS


def _stat(pid: int) -> list[str]:
    """Fields of `/proc/PID/stat` from the third on: the second may hold spaces and ends at the last `)`."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _with_descendants(pids: Iterable[int]) -> set[int]:
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += parents.get(pid, [])
    return found


def parent_of(pid: int) -> int:
    """Process id of the parent: that of a PostgreSQL backend is the server's main process."""
    return int(_stat(pid)[1])


def rss_mb(pid: int) -> float:
    """Resident memory of one process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class PeakMemory(threading.Thread):
    """The most memory of its own, in MB, that this process had while inside: what files are mapped does not count."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mb = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.002):
            self.mb = max(self.mb, _own_mb("RssAnon"))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def peak_rss_mb() -> float:
    """The most that this program had resident, mapped files included (rusage's tells of what started it, too)."""
    return _own_mb("VmHWM")


def _own_mb(field: str) -> float:
    told = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(told[1]) * 1024 / 1e6 if told else 0.0


@dataclass(frozen=True)
class Timed:
    """Medians: milliseconds on the clock, and of all processors; and the last answer."""

    ms: float
    cpu_ms: float
    answer: Any


def timed(run: Callable[[], Any], runs: int, before: Callable[[], Any] = lambda: None) -> Timed:
    """Run it so often; before: what comes before each run, untimed."""
    taken, used, answer = [], [], None
    for _ in range(runs):
        before()
        begun, processors = time.perf_counter(), time.process_time()
        answer = run()
        taken.append((time.perf_counter() - begun) * 1000)
        used.append((time.process_time() - processors) * 1000)
    return Timed(statistics.median(taken), statistics.median(used), answer)


def uncache(folder: Path) -> None:
    """Have the system forget what it keeps of these files in memory, as far as nobody has them mapped."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank); nan for none."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)] if ordered else float("nan")


def arguments(argv: list[str], description: str | None = None) -> argparse.ArgumentParser:
    """The parser that all benchmarks start from; a benchmark adds its own options to it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="last line is one JSON object")
    parser.add_argument(
        "--database",
        default="sqlite",
        help="sqlite (a new file), postgres (a server of its own), or the URL of a PostgreSQL server",
    )
    return parser


def report(figures: Mapping[str, Any], *, database: str, concurrency: int, as_json: bool) -> None:
    """Print the figures for people, and with `as_json` as one JSON object on the last line."""
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}
    context = {
        "cpu": f"{_cpu_name()} x{os.cpu_count()}",
        "python": platform.python_version(),
        "database": database,
        "concurrency": concurrency,
    }
    for key, value in {**rounded, **context}.items():
        print(f"{key:<32} {value}")
    if as_json:
        print(json.dumps({**rounded, **context}))


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
