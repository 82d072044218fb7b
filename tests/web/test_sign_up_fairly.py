"""What people see of the decision about their sign-up: nothing before the address is confirmed, then plain words."""

import pytest

from plg.access import credentials
from plg.access.models import Credential
from plg.accounts import domains
from plg.accounts.models import JoinRequest
from plg.kit.db import db
from plg.people import people
from plg.signups import queue
from plg.signups.models import Case
from plg.trials.models import Trial
from tests.support.queries import count_queries
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, count, link_to, mails, sign_up, signed_up, visitor

HELD = "ana@mailinator.com"


def newest_case(app):
    with app.app_context():
        return db.session.query(Case).order_by(Case.id.desc()).first()


def claim_domain(app, policy="ask"):
    """The first workspace takes in colleagues with an address of acme.example."""
    with app.app_context():
        case = db.session.query(Case).order_by(Case.id).first()
        address = people.get(case.person_id).email
        domains.claim(case.account_id, "acme.example", address=address, by=case.person_id).policy = policy
        db.session.commit()


@pytest.fixture
def staff(house):
    with house.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    marta = visitor(house)
    marta.submit("/staff/login", email="marta@example.com", password=PASSWORD)
    return marta


def test_who_is_held_is_told_after_confirming_in_plain_words_and_how_to_reach_us(house):
    ana = sign_up(house, email=HELD)
    sent = ana.read("/signup/sent").text
    assert "Check your mail" in sent

    answer = ana.submit(link_to(house, HELD, "confirm-email"))

    assert answer.location == "/welcome"
    page = ana.read("/welcome").text
    assert "We take a short look before your trial begins" in page
    assert "mailto:no-reply@localhost" in page
    assert "Your trial waits" in ana.read("/workspace").text


def test_staff_see_why_let_the_trial_run_and_the_notice_is_gone(house, staff):
    ana = signed_up_held(house)
    listing = staff.read("/staff/signups").text
    assert "mailinator.com gives mailboxes to be thrown away." in listing
    path = f"/staff/signups/{newest_case(house).public_id}"

    assert staff.submit(path, decision="allow", reason="").status_code == 422
    answer = staff.submit(path, decision="allow", reason="A partner of ours")

    assert (answer.status_code, answer.location) == (303, path)
    assert "A partner of ours" in staff.read(path).text
    assert "Nobody waits" in staff.read("/staff/signups").text
    workspace = ana.read("/workspace").text
    assert "Your trial runs for 14 more days" in workspace
    assert "Your trial waits" not in workspace
    assert ana.read("/welcome").location == "/workspace"


def test_staff_hold_for_good_and_the_numbers_say_so(house, staff):
    signed_up_held(house)
    path = f"/staff/signups/{newest_case(house).public_id}"

    staff.submit(path, decision="hold", reason="The tenth of them")

    assert count(house, Trial, Trial.status == "active") == 0
    page = staff.read("/staff/signups").text
    assert "Disposable address" in page
    assert "100%" in page


def signed_up_held(app):
    ana = sign_up(app, email=HELD)
    ana.submit(link_to(app, HELD, "confirm-email"))
    return ana


def test_newcomers_of_a_company_choose_between_their_colleagues_and_a_workspace_of_their_own(house):
    signed_up(house)
    claim_domain(house)
    eva = sign_up(house, email="eva@acme.example", company="Acme Madrid")
    assert "Acme" not in eva.read("/signup/sent").text.replace("acme.example", "")

    answer = eva.submit(link_to(house, "eva@acme.example", "confirm-email"))

    assert answer.location == "/welcome"
    page = eva.read("/welcome").text
    assert "Your colleagues are here already" in page
    assert "You can ask its owners to let you in." in page
    chosen = eva.submit("/welcome/own", seen_on="/welcome")
    assert chosen.location == "/workspace"
    assert "Your trial runs for 14 more days" in eva.read("/workspace").text
    assert count(house, Trial, Trial.status == "active") == 2


def test_whoever_would_rather_join_asks_their_colleagues(house):
    signed_up(house)
    claim_domain(house)
    eva = sign_up(house, email="eva@acme.example", company="Acme Madrid")
    eva.submit(link_to(house, "eva@acme.example", "confirm-email"))

    assert "/workspaces/join" in eva.read("/welcome").text
    with house.app_context():
        account = queue.show([db.session.query(Case).order_by(Case.id).first()])[0].account.public_id
        db.session.rollback()
    eva.submit("/workspaces/join", account=account)

    assert count(house, JoinRequest) == 1
    assert count(house, Trial, Trial.status == "active") == 1
    assert "You have asked; its owners will answer." in eva.read("/welcome").text


def test_a_stranger_learns_nothing_of_a_company_before_the_address_is_confirmed(house):
    signed_up(house)
    claim_domain(house)

    known_company, other = visitor(house), visitor(house)
    answers = [
        known_company.submit("/signup", **(SIGN_UP | {"email": "eva@acme.example"})),
        other.submit("/signup", **(SIGN_UP | {"email": "eva@other.example"})),
    ]

    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/signup/sent")] * 2
    pages = [_page_of(known_company, "eva@acme.example"), _page_of(other, "eva@other.example")]
    assert pages[0] == pages[1]


def _page_of(who, address):
    """The page that asks to look into the mail, without what differs for everybody."""
    lines = [line for line in who.read("/signup/sent").text.splitlines() if "csrf_token" not in line]
    return "\n".join(lines).replace(address, "ADDRESS")


def test_only_who_has_something_to_choose_chooses(house):
    who = signed_up(house)

    assert who.submit("/welcome/own", seen_on="/workspace").status_code == 409
    assert who.submit("/welcome/card", seen_on="/workspace").status_code == 409
    assert visitor(house).read("/welcome").status_code == 302


def test_somebody_signs_up_without_a_password_and_the_link_signs_in_anywhere(house):
    who = sign_up(house, way="link", password="")
    assert "Your password" not in who.read(link_to(house, SIGN_UP["email"], "confirm-email")).text

    phone = visitor(house)
    answer = phone.submit(link_to(house, SIGN_UP["email"], "confirm-email"))

    assert answer.location == "/workspace"
    assert "Your trial runs for 14 more days" in phone.read("/workspace").text
    assert count(house, Credential, Credential.password_hash.is_(None)) == 1
    assert newest_case(house).way == "link"


def test_whoever_signs_up_again_without_a_password_gets_a_new_link(house):
    sign_up(house, way="link", password="")

    again = sign_up(house, way="link", password="")

    assert [mail.template for mail in mails(house, SIGN_UP["email"])] == ["confirm-email"] * 2
    assert again.submit(link_to(house, SIGN_UP["email"], "confirm-email")).location == "/workspace"
    assert count(house, Trial) == 1


def test_the_plan_that_they_came_for_is_kept_through_faults_and_starts_its_trial(house):
    from tests.support.story import PLANS

    plans = {**PLANS["plans"], "pro": PLANS["plans"]["pro"] | {"trial": {"days": 30, "at_end": "free"}}}
    publish_plans(house, PLANS | {"plans": plans})
    who = visitor(house)
    assert "You begin with the trial of Pro." in who.read("/signup?plan=pro").text
    assert 'name="plan" value="pro"' in who.submit("/signup", plan="pro").text

    sign_up(house, who, plan="pro")

    assert count(house, Trial, Trial.plan_key == "pro") == 1


def test_a_plan_that_there_is_not_is_no_plan(house):
    who = visitor(house)
    assert 'name="plan"' not in who.read("/signup?plan=nothing").text

    sign_up(house, who, plan="nothing")

    assert newest_case(house).plan is None
    assert count(house, Trial, Trial.status == "active") == 1


def test_one_browser_is_known_again_and_its_cookie_cannot_be_made_up(house):
    browser = sign_up(house)
    sign_up(house, browser, email="eva@other.example", company="Other")
    assert newest_case(house).decision == "verify"

    stranger = visitor(house)
    stranger.client.set_cookie("plg_device", "made-up.value")
    sign_up(house, stranger, email="leo@third.example", company="Third")
    assert newest_case(house).decision == "allow"


def test_known_and_unknown_addresses_get_the_same_headers_and_cookies(house):
    signed_up(house)
    for way in ("", "link"):
        answers = []
        for address in (SIGN_UP["email"], f"nobody{way}@acme.example"):
            who = visitor(house)
            who.read("/signup")
            answers.append(who.submit("/signup", **(SIGN_UP | {"email": address, "way": way})))

        known, unknown = [dict(answer.headers) for answer in answers]
        for changing in ("Set-Cookie", "X-Request-Id", "Content-Length"):
            known.pop(changing, None), unknown.pop(changing, None)
        assert known == unknown


def test_both_get_their_mail_from_the_same_outbox_in_the_same_request(house):
    signed_up(house)
    before = len(mails(house, SIGN_UP["email"]))

    sign_up(house)
    sign_up(house, email="eva@other.example")

    known, unknown = mails(house, SIGN_UP["email"])[before:], mails(house, "eva@other.example")
    assert [mail.template for mail in known] == ["already-registered"]
    assert [mail.template for mail in unknown] == ["confirm-email"]
    assert all(mail.due_at == mail.created_at for mail in (*known, *unknown))


@pytest.mark.parametrize("way", ["", "link"])
def test_the_whole_request_sends_about_as_many_statements_for_a_known_address(house, way):
    signed_up(house)
    sign_up(house, email="first@other.example", way=way)  # what a process reads once
    sent = {}
    for address in (SIGN_UP["email"], "eva@third.example"):
        who = visitor(house)
        token = who.read("/signup").text.split('name="csrf_token" value="')[1].split('"')[0]
        with house.app_context():
            engine = db.engine
        with count_queries(engine) as queries:
            who.send("/signup", csrf_token=token, **(SIGN_UP | {"email": address, "way": way}))
        sent[address] = int(queries.count)

    known, new = sent.values()
    assert abs(known - new) <= 3, sent
    assert new > 30
