"""`plg academy`: each command, its help, and what it says when it cannot."""

from __future__ import annotations

import datetime as dt
import json
import os
import re

import pytest
from click.testing import CliRunner, Result

from academy import attempts, enrolments
from academy.badges import keys as badge_keys
from plg.cli import main
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.package_samples import cartridge, zipped
from tests.academy.samples import quiz, single
from tests.academy.test_quiz_analysis import take
from tests.support.story import make_account

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def plg(database, tmp_path):
    """`plg("analysis", "basics")` runs `plg academy analysis basics` in this process."""
    environment = {
        "PLG_CONFIG": os.devnull,
        "PLG_DATABASE_URL": database.url,
        "PLG_DATA_DIR": str(tmp_path),
        "PLG_ENVIRONMENT": "test",
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["academy", *arguments], env=environment)

    return run


@pytest.fixture
def exam(school):
    school.publish(quiz=quiz(questions=[single("one"), single("two", right="c")], pass_mark=100))
    return school


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result) -> str:
    assert isinstance(result.exception, SystemExit) and result.exit_code != 0
    return result.output


def test_every_command_tells_what_it_does_and_gives_an_example(plg):
    commands = re.findall(r"^  (\w+)  ", done(plg("--help")).partition("Commands:")[2], re.M)
    assert commands == [
        "analysis",
        "certificate",
        "extend",
        "import",
        "migrate",
        "questions",
        "regrade",
        "xapi",
    ]
    for command in commands:
        told = done(plg(command, "--help"))
        assert "Example: plg academy" in told
        for line in re.findall(r"^  --.*(?:\n {6,}.*)*", told.partition("Example:")[0], re.M):
            assert len(line.split()) > 3 or "--help" in line, line


def test_the_analysis_prints_the_whole_each_question_and_each_option(plg, exam):
    for name, answer in (("Ana", "c"), ("Luis", "a"), ("Eva", "c")):
        take(exam, exam.ready(name), {"one": "b" if name != "Luis" else "d", "two": answer})
    told = done(plg("analysis", KEY))
    assert "basics, version 2: 3 attempts (fewer than 30: mostly chance)" in told
    assert re.search(r"^one +3 +66\.67", told, re.M) and re.search(r"^  \* c +2 +66\.67", told, re.M)
    assert "alpha" in told and "kurtosis" in told and "few_attempts" in told
    assert "version 1: 0 attempts" in done(plg("analysis", KEY, "--version", "1"))
    assert "no such version" in refused(plg("analysis", "nothing"))


def test_a_regrade_says_who_would_change_before_it_does(plg, exam):
    row = take(exam, exam.ready(), {"one": "b", "two": "d"})
    exam.publish(quiz=quiz(questions=[single("one"), single("two", right="d")], pass_mark=100))
    command = ("regrade", KEY, "--version", "2", "--against", "3", "--reason", "The key was wrong")
    tried = done(plg(*command))
    assert "passes now" in tried and "1 of 1 attempts would change (--apply does it)." in tried
    with exam.turn():
        assert exam.attempt(row.public_id).passed is False
    assert "1 of 1 attempts changed." in done(plg(*command, "--apply"))
    assert "0 of 1 attempts would change" in done(plg(*command))
    with exam.turn():
        assert exam.attempt(row.public_id).passed is True
    assert "no such version" in refused(plg(*command[:4], "--against", "9", "--reason", "x"))
    assert "--against" in refused(plg("regrade", KEY, "--version", "1", "--reason", "x"))
    assert "1 to 500 characters" in refused(plg(*command[:6], "--reason", " ", "--apply"))


def test_a_person_or_an_account_gets_more_time_and_attempts(plg, app, exam):
    ana, luis = exam.ready("Ana"), exam.ready("Luis")
    account = make_account(app, key="acme")
    with exam.turn():
        who = people.get(ana).public_id
        for person in (ana, luis):
            enrolments.of(person, KEY).account_id = account
    give = ("extend", KEY, "--minutes", "5", "--reason", "Power cut")
    assert "Given to 1 person." in done(plg(*give, "--person", who))
    assert "Given to 2 people." in done(plg(*give, "--attempts", "1", "--account", "acme"))
    with exam.turn():
        assert [enrolments.of(person, KEY).extra_attempts for person in (ana, luis)] == [1, 1]
        given = attempts.extensions(KEY)
        assert [(row.extra_minutes, row.given_by) for row, _ in given] == [(5, "command line")] * 3
        assert given[0][0].given_at > dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert "either --person or --account" in refused(plg(*give))
    assert "either --person or --account" in refused(plg(*give, "--person", who, "--account", "acme"))
    assert "nobody@example.com" in refused(plg(*give, "--person", "nobody@example.com"))
    assert "must be 0 to 100" in refused(plg(*give, "--attempts", "101", "--person", who))


def test_packages_become_drafts_and_a_report(plg, tmp_path):
    package = tmp_path / "curso.imscc"
    package.write_bytes(zipped(cartridge()).getvalue())
    would = done(plg("import", str(package), "--dry-run"))
    assert "would become 'facturar-bien', 3 lessons, 6 questions, 2 files" in would
    assert "discussion     Debate: there are no discussions here" in would
    told = json.loads(done(plg("import", str(package), "--as", "facturas", "--json")))
    assert told[0]["course"] == "facturas" and told[0]["edition"] == 1 and told[0]["questions"] == 6
    assert {"what": "page", "source": "Primera factura", "became": "the lesson primera-factura"} in told[0][
        "carried"
    ]
    assert "There is a course 'facturas' already." in refused(plg("import", str(package), "--as", "facturas"))


def test_of_a_folder_of_packages_each_is_taken_or_refused(plg, tmp_path):
    (tmp_path / "a.imscc").write_bytes(zipped(cartridge()).getvalue())
    (tmp_path / "b.zip").write_bytes(zipped({"x.html": "x"}).getvalue())
    told = refused(plg("import", str(tmp_path)))
    assert "a.imscc: the draft of 'facturar-bien'" in told
    assert "imsmanifest.xml: is missing at the top of the package" in told


def test_the_key_that_signs_badges_is_rotated_and_withdrawn(plg, app):
    first, second = plg("rotate-badge-key"), plg("rotate-badge-key", "--withdraw")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.startswith("Badges are signed by z6Mk") and first.output != second.output
    with app.app_context():
        shown = [row.multikey for row in badge_keys.shown()]
    assert shown[0] in second.output and not any(key in first.output for key in shown)
