"""Sign-ups are tested with plans published and a trial to have."""

import pytest
from flask import Flask

from plg.accounts import domains
from plg.kit.db import db
from plg.people import people as accounts_people
from plg.signups import queue, signups
from plg.signups.models import Case
from plg.signups.traces import Evidence
from tests.support.story import publish_plans
from tests.web.visits import count as count_rows


@pytest.fixture
def house(app: Flask) -> Flask:
    publish_plans(app)
    return app


class People:
    """Signs people up by the verb, and reads what was decided about them."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def sign_up(self, address: str, *, ip="", device="", agent=None, seconds=None, **values) -> str:
        """The case's public id."""
        evidence = Evidence(ip, device, agent, seconds)
        said = {"name": "Ana Ruiz", "company": "Acme", "password": "correct horse battery"} | values
        with self.app.app_context():
            made = signups.sign_up(address, evidence=evidence, **said)
            assert made.case is not None, f"{address} is known"
            db.session.commit()
            self.token = made.token
            return made.case.public_id

    def confirm(self) -> None:
        """Whoever signed up last follows the link of the mail."""
        with self.app.app_context():
            signups.confirm(self.token)
            db.session.commit()

    def confirmed(self, address: str, **values) -> str:
        case = self.sign_up(address, **values)
        self.confirm()
        return case

    def claim_domain(self, public_id: str, domain: str, policy: str = "ask") -> None:
        """The workspace of this sign-up takes in colleagues with an address of the domain."""
        case = self.case(public_id)
        with self.app.app_context():
            address = accounts_people.get(case.person_id).email
            claimed = domains.claim(case.account_id, domain, address=address, by=case.person_id)
            claimed.policy = policy
            assert claimed.verified_at is not None
            db.session.commit()

    def case(self, public_id: str) -> Case:
        with self.app.app_context():
            return queue.find(public_id)

    def standing(self, public_id: str) -> tuple[str, str | None]:
        """(decision, what it waits for)"""
        case = self.case(public_id)
        return case.decision, case.waits_for

    def reasons(self, public_id: str) -> dict[str, int]:
        """The points of each signal in the newest decision."""
        with self.app.app_context():
            shown = queue.show([queue.find(public_id)])[0]
            return {reason.signal: reason.points for reason in shown.newest_reasons}

    def trial_runs(self, public_id: str) -> bool:
        from plg.trials.models import Trial

        account_id = self.case(public_id).account_id
        return count_rows(self.app, Trial, Trial.account_id == account_id, Trial.status == "active") == 1


@pytest.fixture
def people(house: Flask) -> People:
    return People(house)
