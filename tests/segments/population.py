"""People in accounts with the oddest things that a database can hold of them, and what Python says they hold."""

import datetime as dt
import json
import math
import string
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import insert, select

from plg.accounts.models import Account, Membership
from plg.events.models import Event
from plg.kit import rules
from plg.kit.db import db
from plg.kit.ids import new_event_id
from plg.kit.rules.times import span
from plg.people.models import Person
from plg.plans.models import PlanVersion
from plg.segments import buckets, cohorts
from plg.trials.models import Trial

COHORTS = ["person", "account"]
NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=dt.UTC)
KEYS = [
    "job",
    "a.b",
    'q"uote',
    "back\\slash",
    "ñandú 😀",
    "",
    "$",
    "[0]",
    "null",
    "new\nline",
    "O'Reilly",
    "%s:x",
]
TEXTS = [
    "",
    "a",
    "A",
    "dev",
    "devops",
    "ñ",
    "Ñandú",
    "1",
    "1.0",
    "true",
    "null",
    "😀",
    "it's",
    'say "x"',
    "100%",
    "a_b",
]
TEXTS += ["\\", "\n", "{}", "[1]", "é", "e\u0301", "\uffff", "\U00010000"]
TIMES = [
    "2026-03-01",
    "2026-02-27",
    "2026-02-30",
    "2026-03-01T12:30:15Z",
    "2026-03-01T12:30:15.250Z",
    "0000-01-01",
]
TIMES += [
    "2026-03-01T14:30:16+02:00",
    "2026-03-01T07:00:15.999999-05:30",
    "1969-12-31T23:59:59Z",
    "2026-3-1",
    "20260301",
]
TIMES += [
    "2026-03-01T12:30:15",
    "2026-03-01 12:30:15Z",
    "9999-99-99T99:99:99Z",
    "2026-03-01T12:30:15.x+02:00",
    "２026-03-01",
]
NUMBERS = [
    0,
    1,
    1.0,
    -1,
    0.1,
    0.30000000000000004,
    100,
    2**53,
    2**53 + 1,
    2**63 - 1,
    2**63,
    10**30,
    1e300,
    5e-324,
    -0.0,
]

texts = st.sampled_from(TEXTS + TIMES) | st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), max_size=4
)
numbers = st.sampled_from(NUMBERS) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5)
scalars = texts | numbers | st.booleans()
items = scalars | st.none() | st.lists(scalars, max_size=2)
objects = st.dictionaries(st.sampled_from(KEYS), items, max_size=3)
values = items | st.lists(items, max_size=3) | objects | st.just(10**400)
documents = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, values))
offsets = st.sampled_from([0, 1, 3599, 3600, 3601, 86400, 86401, 7 * 86400, 8 * 86400, -60]).map(
    lambda seconds: NOW - dt.timedelta(seconds=seconds)
)


@dataclass
class Subject:
    """One person in an account of their own; `events` are (name, when, properties, by whom), `cohorts` the kinds
    (of people, of accounts) that list them."""

    traits: dict[str, Any]
    account_traits: dict[str, Any]
    name: str
    email: str | None
    created_at: dt.datetime
    trial: tuple[str, dt.datetime | None, dt.datetime | None] | None
    events: list[tuple[str, dt.datetime, dict[str, Any], str]]
    cohorts: set[str]
    public_id: str
    ids: tuple[int, int] = (0, 0)

    @property
    def account_public_id(self) -> str:
        return self.public_id.replace("per_", "acct_")

    def field(self, name: str) -> Any:
        for start, document in (("person.traits.", self.traits), ("account.traits.", self.account_traits)):
            if name.startswith(start):
                return _dug(document, PATHS[name.removeprefix(start)])
        if name.startswith("bucket."):
            return buckets.of(self.public_id, name.removeprefix("bucket."))
        if name.startswith("account.bucket."):
            return buckets.of(self.account_public_id, name.removeprefix("account.bucket."))
        if name.startswith("cohort."):
            return name.removeprefix("cohort.coh_") in self.cohorts
        return self._columns()[name]

    def _columns(self) -> dict[str, Any]:
        status, started_at, ends_at = self.trial or (None, None, None)
        return {
            "person.name": self.name or None,
            "person.email": self.email,
            "person.created_at": self.created_at,
            "account.plan": "free",
            "account.role": "owner",
            "trial.status": status,
            "trial.started_at": started_at,
            "trial.ends_at": ends_at,
            "trial.day": _day(started_at) if status != "ended" else None,
            "trial.days_left": _days_left(ends_at) if status == "active" else None,
        }

    def count(self, leaf: rules.EventLeaf) -> int:
        since = NOW - span(leaf.within) if leaf.within else dt.datetime.min.replace(tzinfo=dt.UTC)
        return sum(
            name == leaf.event
            and since <= moment <= NOW
            and who
            in (("themselves", "as another") if leaf.by == "person" else ("themselves", "a colleague"))
            and rules.fits(leaf, properties, NOW)
            for name, moment, properties, who in self.events
        )


def _dug(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _seconds(moment: dt.datetime) -> int:
    return math.floor(moment.timestamp())


def _day(started_at: dt.datetime | None) -> int | None:
    if started_at is None or started_at > NOW:
        return None
    return (_seconds(NOW) - _seconds(started_at)) // 86400 + 1


def _days_left(ends_at: dt.datetime | None) -> int | None:
    return None if ends_at is None else max((_seconds(ends_at) - _seconds(NOW)) // 86400, 0)


subjects = st.builds(
    Subject,
    traits=documents,
    account_traits=documents,
    name=texts,
    email=st.none() | texts,
    created_at=offsets,
    trial=st.none()
    | st.tuples(
        st.sampled_from(["active", "paused", "ended", "awaiting_card"]),
        st.none() | offsets,
        st.none() | offsets | offsets.map(lambda moment: NOW + (NOW - moment)),
    ),
    events=st.lists(
        st.tuples(
            st.sampled_from(["Invoice Sent", "it's 😀"]),
            offsets,
            documents,
            st.sampled_from(["themselves", "as another", "a colleague"]),
        ),
        max_size=4,
    ),
    cohorts=st.sets(st.sampled_from(COHORTS)),
    public_id=st.text(string.ascii_letters, min_size=20, max_size=20).map(lambda letters: f"per_{letters}"),
)


def store(population: list[Subject]) -> None:
    """Write them all, with a merged record and a colleague each; nothing is committed."""
    for subject in population:
        theirs = Person(
            public_id=subject.public_id, email=subject.email, name=subject.name, traits=subject.traits
        )
        others = [Person(name="", traits=subject.traits), Person(name="", traits={})]
        account = Account(public_id=subject.account_public_id, name="", traits=subject.account_traits)
        account.created_at = NOW
        theirs.created_at = subject.created_at
        for each in others:
            each.created_at = NOW
        db.session.add_all([theirs, *others, account])
        db.session.flush()
        others[0].merged_into_id = theirs.id
        subject.ids = (theirs.id, account.id)
        db.session.add(Membership(person_id=theirs.id, account_id=account.id, role="owner", created_at=NOW))
        _store_trial(account.id, subject)
        _store_events(account.id, subject, [theirs.id, others[0].id, others[1].id])
    for place, actor in enumerate(COHORTS):
        listed = [subject.ids[place] for subject in population if actor in subject.cohorts]
        cohorts.add(actor, actor, listed, by="tests").public_id = f"coh_{actor}"
    db.session.flush()


def _store_trial(account_id: int, subject: Subject) -> None:
    if subject.trial is None:
        return
    status, started_at, ends_at = subject.trial
    version = db.session.scalar(select(PlanVersion.id).limit(1))
    row = Trial(
        account_id=account_id, plan_key="pro", rule_id=version, status=status, requested_at=NOW, reminded={}
    )
    row.started_at, row.ends_at, row.closed_at = started_at, ends_at, NOW if status == "ended" else None
    db.session.add(row)


def _store_events(account_id: int, subject: Subject, records: list[int]) -> None:
    """What somebody does under a record that was merged belongs to no account here."""
    whose = {
        "themselves": (records[0], account_id),
        "as another": (records[1], None),
        "a colleague": (records[2], account_id),
    }
    for name, moment, properties, who in subject.events:
        person_id, in_account = whose[who]
        row = {"name": name, "person_id": person_id, "account_id": in_account, "properties": properties}
        told = {
            "id": new_event_id(),
            "occurred_at": moment,
            "received_at": moment,
            "context": {},
            "source": "api",
        }
        db.session.execute(insert(Event).values(row | told))


# --- rules ----------------------------------------------------------------------------------------

moments = st.sampled_from(["2026-03-01", "2026-03-01T12:30:15.250000Z", "2026-02-27T00:00:00+00:00"])
spans = st.sampled_from(["1h", "60m", "1d", "24h", "7d", "1w", "99999w"])
parts = texts | numbers
pairs = st.tuples(texts, texts).map(list) | st.tuples(numbers, numbers).map(list)
TESTS = {
    **dict.fromkeys(["eq", "ne"], scalars | st.none()),
    **dict.fromkeys(["gt", "gte", "lt", "lte"], parts),
    **dict.fromkeys(["in", "not_in"], st.lists(scalars | st.none(), max_size=3)),
    **dict.fromkeys(["contains", "not_contains"], scalars),
    **dict.fromkeys(["starts_with", "ends_with"], texts),
    **dict.fromkeys(["before", "after"], moments),
    **dict.fromkeys(["within_last", "not_within_last", "within_next"], spans),
    "between": pairs,
    "exists": st.booleans(),
}


def _tests(values: dict[str, Any], names: Any) -> Any:
    one = st.sampled_from(sorted(names)).flatmap(lambda name: values[name].map(lambda given: {name: given}))
    return one | st.tuples(one, one).map(lambda two: two[0] | two[1])


def _leaf(names: Any, tests: Any) -> Any:
    return st.builds(lambda name, test: {"field": name, **test}, st.sampled_from(names), tests)


PATHS = {"job": ("job",)}
PATHS |= {json.dumps(key, ensure_ascii=False): (key,) for key in KEYS}
PATHS |= {f"job.{json.dumps(key)}": ("job", key) for key in KEYS}
_ORDER = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "between", "exists"]
_TEXT = [*_ORDER, "contains", "not_contains", "starts_with", "ends_with"]
_of_text = dict.fromkeys(TESTS, texts) | {
    "in": st.lists(texts),
    "not_in": st.lists(texts),
    "exists": st.booleans(),
}
_of_text["between"] = st.tuples(texts, texts).map(list)
_days = st.integers(-1, 9)
_of_number = dict.fromkeys(TESTS, _days) | {"in": st.lists(_days), "not_in": st.lists(_days)}
_of_number |= {"exists": st.booleans(), "between": st.tuples(_days, _days).map(list)}
_in_hundred = {name: st.integers(0, 99) for name in ("lt", "gte", "eq")}
_of_truth = {name: st.booleans() for name in ("eq", "ne", "exists")}
_TIME = ["exists", "before", "after", "within_last", "not_within_last", "within_next"]
field_leaves = (
    _leaf([f"{of}.traits.{path}" for of in ("person", "account") for path in PATHS], _tests(TESTS, TESTS))
    | _leaf(["person.name", "person.email", "account.plan", "trial.status"], _tests(_of_text, _TEXT))
    | _leaf(["trial.day", "trial.days_left"], _tests(_of_number, _ORDER))
    | _leaf(["bucket.checkout", "bucket.ñ", "account.bucket.checkout"], _tests(_in_hundred, _in_hundred))
    | _leaf([f"cohort.coh_{each}" for each in (*COHORTS, "nobody")], _tests(_of_truth, _of_truth))
    | _leaf(["person.created_at", "trial.started_at", "trial.ends_at"], _tests(TESTS, _TIME))
)
event_leaves = st.fixed_dictionaries(
    {"event": st.sampled_from(["Invoice Sent", "it's 😀"])},
    optional={
        "count": _tests(
            {name: st.integers(0, 3) for name in ("eq", "ne", "gt", "gte", "lt", "lte")}, ["eq", "gte", "lt"]
        ),
        "within": spans.filter(lambda given: given != "99999w"),
        "by": st.sampled_from(["person", "account"]),
        "where": st.dictionaries(
            st.sampled_from(KEYS), scalars | st.lists(scalars, max_size=2) | _tests(TESTS, TESTS), max_size=2
        ),
    },
)
definitions = st.recursive(
    field_leaves | event_leaves,
    lambda inner: (
        st.builds(lambda rules: {"all": rules}, st.lists(inner, max_size=3))
        | st.builds(lambda rules: {"any": rules}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda rule: {"not": rule}, inner)
    ),
    max_leaves=4,
)
