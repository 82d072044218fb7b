"""How many random histories of paying accounts end in the one right state to the cent: all of them."""

import time
import traceback
from typing import Any

from flask import Flask

from plg.app import create_app
from plg.settings import Settings
from tests.bench import measuring
from tests.bench.serving import new_plg
from tests.billing.history import History, numbered
from tests.billing.shop import open_shop

A_SHOP = 25  # histories in one shop: what it is checked against grows with each


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--count", type=int, default=100, help="how many histories")
    parser.add_argument("--seed", type=int, default=1, help="the number of the first")
    options = parser.parse_args(argv)
    began, seeds = time.monotonic(), range(options.seed, options.seed + options.count)
    wrong = [
        seed
        for start in range(0, len(seeds), A_SHOP)
        for seed in _wrong(options.database, seeds[start : start + A_SHOP])
    ]
    seconds = time.monotonic() - began
    figures: dict[str, Any] = {"histories": options.count, "wrong": len(wrong), "first": options.seed}
    figures["ms_each"] = seconds * 1000 / options.count
    measuring.report(figures, database=options.database, concurrency=1, as_json=options.json)
    assert not wrong, wrong


def _wrong(database: str, seeds: range) -> list[int]:
    """Those of these histories that end wrong; each is told with its traceback."""
    found = []
    with new_plg(database, folder=None), open_shop(_new_app) as shop:
        for seed in seeds:
            try:
                History(shop, seed).live_through(numbered(seed))
            except Exception:
                traceback.print_exc()
                found.append(seed)
    return found


def _new_app(**settings: Any) -> Flask:
    return create_app(Settings(**settings))
