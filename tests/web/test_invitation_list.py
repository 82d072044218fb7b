"""Many are invited at once: each faulty line is named, and nobody is written to before the list is right."""

import io

import pytest

from plg.accounts.models import Invitation
from plg.web.pages.invitation_list import InvitationList
from tests.web.test_workspaces import ANA, member_of
from tests.web.visits import count, mails

LIST = "/workspace/members/list"


@pytest.fixture
def ana(house):
    return member_of(house, ANA, "Acme")


def send(ana, text="", file=None, **fields):
    form = {"list": text, "role": "member", **fields}
    if file is not None:
        form["file"] = (io.BytesIO(file), "people.csv")
    return ana.submit(LIST, seen_on="/workspace/members", **form)


def invited(house):
    with house.app_context():
        from plg.kit.db import db

        return {row.email: row.role for row in db.session.query(Invitation)}


def test_pasted_lines_are_all_invited(house, ana):
    assert (
        send(ana, "bea@acme-corp.com\n\ncleo@acme-corp.com, admin\r\n Dora@acme-corp.com ").status_code == 303
    )

    assert invited(house) == {
        "bea@acme-corp.com": "member",
        "cleo@acme-corp.com": "admin",
        "dora@acme-corp.com": "member",
    }
    assert len(mails(house, "cleo@acme-corp.com")) == 1
    assert "We have written to 3 addresses." in ana.read("/workspace/members").text


@pytest.mark.parametrize(
    "file",
    [
        b"email,role\nbea@acme-corp.com,admin\n",
        b"\xef\xbb\xbfE-mail;Rol\r\nbea@acme-corp.com;Administradora\r\n",
        b'"bea@acme-corp.com"\t"ADMIN"',
    ],
)
def test_files_are_read_as_spreadsheets_write_them(house, ana, file):
    assert send(ana, file=file).status_code == 303
    assert invited(house) == {"bea@acme-corp.com": "admin"}


def test_every_faulty_line_is_named_and_nobody_is_invited(house, ana):
    answer = send(
        ana,
        "good@acme-corp.com\nnobody\nx@acme-corp.com,king\nana@acme-corp.com\n"
        "GOOD@acme-corp.com\nother@acme-corp.com,owner",
    )

    assert answer.status_code == 422
    for line, fault in (
        (2, "This is no e-mail address."),
        (3, "There is no such role."),
        (4, "This person is a member already."),
        (5, "The address stands here twice."),
    ):
        assert f"Line {line}" in answer.text and fault in answer.text
    assert "Line 6" not in answer.text
    assert "4 lines cannot be used" in answer.text
    assert invited(house) == {}


def test_the_inviter_can_take_the_good_ones(house, ana):
    text = "good@acme-corp.com\nnobody"
    assert "Invite the one good address" in send(ana, text).text

    assert send(ana, text, only_good="1").status_code == 303
    assert invited(house) == {"good@acme-corp.com": "member"}


def test_an_admin_gives_no_owners_role_by_a_list(house, ana):
    from tests.web.test_workspace_settings import join

    bea = join(house, "bea@acme-corp.com", "admin")

    assert "You cannot give this role." in send(bea, "x@acme-corp.com,owner").text
    assert send(bea, "x@acme-corp.com", role="owner").status_code == 422
    assert invited(house) == {}


@pytest.mark.parametrize("text", ["", "  \n \n", "email,role\n"])
def test_an_empty_list_is_told(house, ana, text):
    answer = send(ana, text)

    assert (answer.status_code, "Give at least one address." in answer.text) == (422, True)


def test_too_long_lists_are_refused(house, ana, monkeypatch):
    assert "too long" in send(ana, file=b"x" * (InvitationList.MAX_BYTES + 1)).text
    monkeypatch.setattr(InvitationList, "MAX_LINES", 2)
    lines = "\n".join(f"p{i}@acme-corp.com" for i in range(3))

    assert "Use at most 2 lines." in send(ana, lines, only_good="1").text
    assert count(house, Invitation) == 0
