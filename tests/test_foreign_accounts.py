"""Nobody reads or changes what is of an account that they do not belong to, by any door of the house."""

from pathlib import Path

import pytest

from academy import courses, enrolments, lessons
from plg import product_folder
from plg.accounts import domains, invitations, links
from plg.accounts.models import JoinRequest
from plg.kit.clock import now
from plg.kit.db import db
from plg.trials import trials
from tests.support.doors import UNSAFE, doors, filled
from tests.support.visitors import a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DEMO = Path(__file__).resolve().parents[1] / "plg" / "demo" / "product_folder"
COURSE = "facturo-essentials"
SECRET = "Foreign Secret"


@pytest.fixture
def ours(app):
    with app.app_context():
        product_folder.apply(app, DEMO, prune=False, by="tests")
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return customer


@pytest.fixture
def theirs(app, ours, worker):
    """A foreign account in the middle of everything: trial, checklist, course, quiz, invitation."""
    with app.app_context():
        customer = a_customer("theirs", f"{SECRET} Company")
        trials.start(customer.account_id, person_id=customer.person_id, by="tests")
        invitations.invite(customer.account_id, "guest@example.com", "member", by=customer.person_id)
        links.create(customer.account_id, "member", max_uses=1, days=1, by=customer.person_id)
        domains.claim(customer.account_id, "foreign-corp.com", address="", by=customer.person_id)
        asked = {"email": "guest@foreign-corp.com", "status": "open", "created_at": now()}
        db.session.add(JoinRequest(account_id=customer.account_id, person_id=customer.person_id, **asked))
        db.session.commit()
    owner = visitor(app, "user", customer)
    with app.app_context():
        enrolment = enrolments.enrol(customer.person_id, COURSE, account_id=customer.account_id)
        for lesson in courses.live(COURSE).course.lessons:
            lessons.finish(enrolment, lesson.key, now())
        db.session.commit()
    for method, path, body in _a_morning_at_work():
        answer = owner.open(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.get_data(as_text=True)}"
    worker()
    return customer


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["user", "person", "anonymous"])
def test_nothing_of_a_foreign_account_is_told_or_changed(app, ours, theirs, kind):
    stranger = visitor(app, kind, ours)
    with app.app_context():
        ids, before = _ids_of(theirs), _rows_of(theirs)
    asked = 0

    for door in doors(app):
        if kind not in (door.kinds or ()):
            continue
        for path, body in _attempts(door, ids):
            answer = stranger.open(door.method, path, **_as(kind, door, body))
            asked += 1
            assert answer.status_code < 500, f"{door.method} {path} {body}: {answer.status_code}"
            assert SECRET not in answer.get_data(as_text=True), f"{door.method} {path} {body}"

    assert asked > 300
    with app.app_context():
        after = _rows_of(theirs)
    assert {key: rows for key, rows in after.items() if rows != before[key]} == {}


def _a_morning_at_work():
    yield "GET", "/v1/widget/state", None
    yield "POST", "/v1/widget/flows/getting-started/dismiss", {}
    yield "POST", "/v1/academy/enrolments", {"course": COURSE}
    yield (
        "POST",
        f"/v1/academy/courses/{COURSE}/lessons/first-invoice/facts",
        {"seconds": 1, "watched": [[0, 1]]},
    )
    yield "POST", "/v1/academy/attempts", {"course": COURSE}


def _attempts(door, ids):
    """Each foreign id in the door's path, in its query, and in the body that it may read."""
    for value in ids:
        paths = [filled(door, value)] if door.variables else [f"{door.path}?account={value}&person={value}"]
        bodies = _bodies(value) if door.method in UNSAFE else [None]
        yield from ((path, body) for path in paths if path for body in bodies)


def _bodies(value):
    return [
        {},
        {"person": value},
        {"person": value, "course": COURSE},
        {"account": value, "plan": "pro", "role": "member", "email": "x@example.com"},
        {"answers": [], "sequence": 1},
    ]


def _as(kind, door, body):
    if body is None:
        return {}
    return {"json": body} if kind == "user" else {"data": body}


def _tables_about(customer):
    """Tables with a column that says whose a row is, and the condition for the customer's rows."""
    for table in db.metadata.sorted_tables:
        for column, value in (("account_id", customer.account_id), ("person_id", customer.person_id)):
            if column in table.columns:
                yield table, table.columns[column] == value
    for name, value in (("accounts", customer.account_id), ("people", customer.person_id)):
        yield db.metadata.tables[name], db.metadata.tables[name].c.id == value


def _ids_of(customer):
    """Every value by which a row of the customer could be asked for."""
    ids = {customer.key}
    for table, is_theirs in _tables_about(customer):
        if table.name == "events":
            continue
        for row in db.session.execute(table.select().where(is_theirs)).mappings():
            ids |= {str(row[name]) for name in ("id", "public_id", "key", "code", "token") if row.get(name)}
    return sorted(ids)


def _rows_of(customer):
    return {
        f"{table.name} {is_theirs.left.name}": db.session.execute(table.select().where(is_theirs)).all()
        for table, is_theirs in _tables_about(customer)
    }
