"""Two records turn out to be one person: what was asked and given by either is the survivor's."""

from plg.accounts import links
from plg.accounts.models import InvitationLink, JoinRequest
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.story import make_account, make_person
from tests.web.visits import count


def ask(app, account, person):
    with app.app_context():
        row = JoinRequest(account_id=account, person_id=person, email="a@acme-corp.com", status="open")
        row.created_at = now()
        db.session.add(row)
        db.session.commit()


def test_requests_and_links_become_the_survivors(app, worker):
    kept, gone = make_person(app, "a@acme-corp.com"), make_person(app, "b@acme-corp.com")
    one, both = make_account(app, (gone, "owner")), make_account(app, (gone, "owner"), name="Other")
    with app.app_context():
        links.create(one, "member", max_uses=1, days=1, by=gone)
        db.session.commit()
    for account, person in ((one, gone), (both, gone), (both, kept)):
        ask(app, account, person)

    with app.app_context():
        identities.merge(kept, gone, reason="alias", by="tests", force=True)
        db.session.commit()
    worker()

    assert count(app, JoinRequest) == count(app, JoinRequest, JoinRequest.person_id == kept) == 2
    assert count(app, InvitationLink, InvitationLink.created_by_id == kept) == 1
