"""Whether the doors' time tells known addresses from unknown ones: real doors, real costs of hashing.

Each door is asked for known and unknown addresses in turn, in pairs whose order is drawn. Of each door it says how
often a stranger would guess right who measures one answer of each kind and takes the slower for the known address
(`auc`; 0.5 is a coin), with Mann-Whitney's p. A door passes with an AUC within 0.45 to 0.55, or where p is above
0.001: no difference is seen. `sees_ms` is the smallest difference that this run would have called out.
"""

import itertools
import math
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import requests

from plg.access import credentials
from plg.access.hashing import hash_password
from plg.kit.db import db
from plg.people import identities, people
from tests.bench import measuring
from tests.bench.serving import Plg, new_plg

ADDRESSES = 30
TOLERANCE = 0.05
SURE = 0.001
PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
Ask = Callable[[str], requests.Response]


def main(argv: list[str]) -> int:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--pairs", type=int, default=200, help="answers of each kind at each door")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    draw = random.Random(options.seed)
    known = [f"known-{number:03}@acme.example" for number in range(ADDRESSES)]
    unknown = [f"other-{number:03}@acme.example" for number in range(ADDRESSES)]
    figures: dict[str, float | str] = {}
    passed = True
    with new_plg(options.database) as plg:
        _sign_up(plg, [*known, "asker@acme.example"])
        with plg.serving(workers=1):
            for door, ask in _doors(plg).items():
                slow, fast = _measure(ask, known, unknown, options.pairs, draw)
                passed &= _judge(figures, door, slow, fast)
    figures["pairs"] = options.pairs
    figures["verdict"] = "nobody is told apart" if passed else "a door tells known addresses apart"
    measuring.report(figures, database=options.database, concurrency=1, as_json=options.json)
    return 0 if passed else 1


def _sign_up(plg: Plg, addresses: list[str]) -> None:
    with plg.app.app_context():
        hashed = hash_password(PASSWORD)
        for address in addresses:
            person = people.add(email=address, name="Ana García", by="bench")
            identities.claim(person.id, address)
            credentials.confirm_email(credentials.create(person.id, address, hashed))
        db.session.commit()
        db.session.remove()


def _doors(plg: Plg) -> dict[str, Ask]:
    """Each door as a function of the address; the answer is the same for all addresses."""
    return {
        "sign_in": _form(plg, "/login", password="not the password"),
        "forgot": _form(plg, "/forgot"),
        "link": _form(plg, "/login/link"),
        "address": _form(plg, "/workspace/security/address", signed_in=True),
        "sign_up": _each_new_once(_form(plg, "/signup", name="Ana", company="Acme", password=PASSWORD)),
        "confirm_again": _form(plg, "/verify/resend", seen_on="/signup"),
        "api_password": _call(plg, "passwords/authenticate", password="not the password"),
        "api_link": _call(plg, "magic-links/send"),
    }


def _each_new_once(ask: Ask) -> Ask:
    """A door that makes an unknown address a known one: each time it is asked for another."""
    numbers = itertools.count()

    def asked(address: str) -> requests.Response:
        return ask(address if address.startswith("known") else f"new-{next(numbers):05}-{address}")

    return asked


def _form(plg: Plg, path: str, *, seen_on: str = "", signed_in: bool = False, **fields: str) -> Ask:
    browser = requests.Session()
    if signed_in:
        entry = {
            "email": "asker@acme.example",
            "password": PASSWORD,
            "csrf_token": _token(browser, plg, "/login"),
        }
        browser.post(f"{plg.url}/login", data=entry, allow_redirects=False, timeout=30)
    fields["csrf_token"] = _token(browser, plg, seen_on or path)

    def ask(address: str) -> requests.Response:
        body = fields | {"email": address}
        return browser.post(plg.url + path, data=body, allow_redirects=False, timeout=30)

    return ask


def _token(browser: requests.Session, plg: Plg, path: str) -> str:
    found = _TOKEN.search(browser.get(plg.url + path, timeout=30).text)
    assert found, path
    return found[1]


def _call(plg: Plg, path: str, **fields: str) -> Ask:
    server = requests.Session()
    server.headers.update(plg.secret_headers())

    def ask(address: str) -> requests.Response:
        return server.post(f"{plg.url}/v1/auth/{path}", json=fields | {"email": address}, timeout=30)

    return ask


def _measure(
    ask: Ask, known: list[str], unknown: list[str], pairs: int, draw: random.Random
) -> tuple[list[float], list[float]]:
    """Milliseconds of known and of unknown addresses; every answer has the same status."""
    times: dict[bool, list[float]] = {True: [], False: []}
    statuses = {ask(address).status_code for address in (*known[:5], *unknown[:5])}
    for _pair in range(pairs):
        for is_known in draw.sample((True, False), 2):
            address = draw.choice(known if is_known else unknown)
            began = time.perf_counter()
            answer = ask(address)
            times[is_known].append((time.perf_counter() - began) * 1000)
            statuses.add(answer.status_code)
    assert len(statuses) == 1, f"the status tells: {statuses}"
    return times[True], times[False]


def _judge(
    figures: dict[str, float | str], door: str, known: Sequence[float], unknown: Sequence[float]
) -> bool:
    auc, p = mann_whitney(known, unknown)
    passed = abs(auc - 0.5) <= TOLERANCE or p > SURE
    figures[f"{door}_known_p50_ms"] = statistics.median(known)
    figures[f"{door}_unknown_p50_ms"] = statistics.median(unknown)
    figures[f"{door}_auc"] = auc
    figures[f"{door}_p"] = p
    figures[f"{door}_sees_ms"] = _smallest_seen(unknown)
    if not passed:
        print(f"{door}: AUC {auc:.3f}, p {p:.2g}", file=sys.stderr)
    return passed


def mann_whitney(known: Sequence[float], unknown: Sequence[float]) -> tuple[float, float]:
    """(AUC, two-sided p by the normal approximation, which holds from some twenty values on)."""
    values = np.concatenate([known, unknown])
    order = values.argsort(kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    n, m = len(known), len(unknown)
    auc = (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)
    z = (auc - 0.5) / math.sqrt((n + m + 1) / (12 * n * m))
    return float(auc), math.erfc(abs(z) / math.sqrt(2))


def _smallest_seen(times: Sequence[float]) -> float:
    """Milliseconds by which one half of these would have to be later, for the verdict to be another one."""
    one, other = np.array(times[::2]), np.array(times[1::2])
    for tenths in range(1, 2000):
        auc, p = mann_whitney(one + tenths / 10, other)
        if abs(auc - 0.5) > TOLERANCE and p <= SURE:
            return tenths / 10
    return math.inf
