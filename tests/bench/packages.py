"""Packages of 100 MB: how long an import takes, how much memory it needs, how fast a page of one is handed out."""

import random
import re
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from academy.packages import importing
from academy.scorm import passes
from plg.kit.db import db
from tests.academy import scorm_samples
from tests.academy.package_samples import item, manifest, resource
from tests.bench import measuring
from tests.bench.serving import new_plg

FILMS = 10
REQUESTS = 200


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args(argv)
    figures: dict[str, Any] = {"megabytes": options.megabytes}
    with tempfile.TemporaryDirectory() as folder, new_plg(options.database, folder=None) as plg:
        for name, write in (("cartridge", _cartridge), ("scorm", _scorm)):
            path = Path(folder) / f"{name}.zip"
            write(path, options.megabytes * 1_000_000)
            with plg.app.app_context():
                figures |= _measured(f"{name}_look", lambda path=path: importing.inspect(path))
                figures |= _measured(f"{name}_draft", lambda path=path: _draft(path))
        figures |= _serving(plg.app)
    measuring.report(figures, database=options.database, concurrency=1, as_json=options.json)


def _draft(path: Path) -> None:
    importing.make_draft(path, path.stem, by="bench")
    db.session.commit()


def _measured(name: str, act: Callable[[], Any]) -> dict[str, float]:
    """Seconds, and by how many MB the process was larger at its largest than before."""
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    began = time.perf_counter()
    act()
    seconds = time.perf_counter() - began
    return {f"{name}_s": seconds, f"{name}_peak_mb": max(0.0, _memory("VmHWM") - before)}


def _memory(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1_000


def _serving(app: Any) -> dict[str, float]:
    """Milliseconds for a page of the large package, beside all that surrounds it in a request."""
    with app.app_context():
        from academy import drafts

        (about,) = drafts.check(drafts.work("scorm").files).course.files.values()
        signed = passes.sign(passes.Pass(about.digest, about.size, passes.PREVIEW, "any", 1))
    client, times = app.test_client(), []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        answer = client.get(f"/content/{signed}/sco/index.html")
        times.append(1_000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True))
    return {"page_p50_ms": measuring.percentile(times, 50), "page_p95_ms": measuring.percentile(times, 95)}


def _cartridge(path: Path, size: int) -> None:
    """Films that pages point at, which shrink no further, and a text beside each."""
    names = [f"film{n}" for n in range(FILMS)]
    items = "".join(item(name, name) for name in names)
    resources = "".join(resource(name, f"{name}.html") for name in names)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packing:
        packing.writestr("imsmanifest.xml", manifest(items, resources, title="Films"))
        for name in names:
            packing.writestr(f"{name}.html", f'<p>Look: <a href="{name}.mp4">film</a></p>')
            _write_film(packing, f"{name}.mp4", size // FILMS)


def _scorm(path: Path, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, content in scorm_samples.package().items():
            packing.writestr(name, content)
        for number in range(FILMS):
            _write_film(packing, f"sco/film{number}.mp4", size // FILMS)


def _write_film(packing: zipfile.ZipFile, name: str, size: int) -> None:
    noise = random.Random(name)
    with packing.open(name, "w") as film:
        film.write(b"\0\0\0\x18ftypmp42")
        for _ in range(size // 1_000_000):
            film.write(noise.randbytes(1_000_000))
