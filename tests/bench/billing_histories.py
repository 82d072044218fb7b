"""How many random histories of paying accounts end in the one right state to the cent: all of them.

Those that share a shop share its clock and its trouble; `--seed` of its first and `--count 3` live it again."""

import multiprocessing
import os
import random
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from unittest.mock import patch

from flask import Flask

from plg.app import create_app
from plg.sandbox.stripe import courier, store
from plg.settings import Settings
from tests.bench import measuring
from tests.bench.serving import new_plg
from tests.billing.history import History, numbered
from tests.billing.near_stripe import shallow
from tests.billing.shop import Shop, open_shop
from tests.support.wires import ShortWire

A_SHOP = 3  # histories in one shop: what it is checked against grows with each
GATHERING = 0.05  # seconds; without sockets the next webhooks follow that much sooner
A_LINE = 30  # shops between two lines that tell how far it is


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--count", type=int, default=100, help="how many histories")
    parser.add_argument("--seed", type=int, default=1, help="the number of the first")
    parser.add_argument("--processes", type=int, default=1, help="how many processes live them")
    options = parser.parse_args(argv)
    began, seeds = time.monotonic(), range(options.seed, options.seed + options.count)
    shops = [seeds[start : start + A_SHOP] for start in range(0, options.count, A_SHOP)]
    lots = [(options.database, shops[start :: options.processes]) for start in range(options.processes)]
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        lived = list(pool.map(_live_lot, lots))
    wrong = sorted(seed for lot, _ in lived for seed in lot)
    figures: dict[str, Any] = {"histories": options.count, "wrong": len(wrong), "first": options.seed}
    figures["ms_each"] = (time.monotonic() - began) * 1000 / options.count
    figures["cpu_ms_each"] = sum(cpu_ms for _, cpu_ms in lived) / options.count
    measuring.report(figures, database=options.database, concurrency=options.processes, as_json=options.json)
    assert not wrong, wrong


def _live_lot(lot: tuple[str, list[range]]) -> tuple[list[int], float]:
    """Those of these shops' histories that end wrong, and the processor time in ms that all of them needed."""
    database, shops = lot
    wrong: list[int] = []
    courier.GATHERING = GATHERING
    near = open_shop(_new_app, ShortWire())
    with new_plg(database, folder=None, durable=False), shallow(), near as shop:
        began = measuring.cpu_ms([os.getpid()])
        for done, seeds in enumerate(shops, 1):
            shop.open_anew()
            with _ids_of(seeds):
                wrong += [seed for seed in seeds if not _ends_right(shop, seed)]
            if done % A_LINE == 0:
                print(f"{done} of {len(shops)} shops, up to {seeds[-1]}: {wrong} wrong", flush=True)
        return wrong, measuring.cpu_ms([os.getpid()]) - began


def _ends_right(shop: Shop, seed: int) -> bool:
    """Live one history; a wrong one is told with its traceback and what was known there."""
    try:
        History(shop, seed).live_through(numbered(seed))
    except Exception as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        print(f"history {seed}:", *told.format(), sep="\n", flush=True)
        return False
    return True


def _ids_of(seeds: range) -> Any:
    """Stripe's ids decide what comes first of what happens in one second: the same in each life of a shop."""
    return patch.object(store, "secrets", random.Random(seeds[0]))


def _new_app(**settings: Any) -> Flask:
    return create_app(Settings(**settings))
