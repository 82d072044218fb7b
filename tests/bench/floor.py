"""An endpoint that does nothing for whom the widget's state does something: what the front door alone costs.

It is a wing of its own, installed for the measured processes alone."""

from pathlib import Path

from flask import Blueprint, Response, jsonify

from plg.kit.caller import requires
from plg.kit.wing import Wing

PATH = "/v1/widget/nothing"

bp = Blueprint("bench_floor", __name__)


@bp.get(PATH)
@requires("user")
def nothing() -> Response:
    return jsonify({})


wing = Wing("bench_floor", blueprints=[bp])


def install(folder: Path) -> None:
    """Let processes that have this folder on their PYTHONPATH find the wing."""
    told = folder / "plg_bench_floor-0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: plg-bench-floor\nVersion: 0\n")
    (told / "entry_points.txt").write_text(f"[plg.wings]\nbench_floor = {__name__}:wing\n")
