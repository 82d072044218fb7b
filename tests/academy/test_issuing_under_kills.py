"""Whoever submits an exam and issues its certificate may be killed at any moment: all is there in the end, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from academy import certificates, papers
from academy.badges.models import Badge
from academy.certificates import tasks
from plg.kit.clock import now
from plg.kit.db import db
from tests.academy.test_award_tasks import SOON, address, mails, work

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mortal(database, tmp_path):
    """Has a process of its own submit these answers and issue the certificate; whether it was killed on the way."""
    given = {"PLG_DATABASE_URL": database.url, "PLG_DATA_DIR": str(tmp_path)}
    given |= {"PLG_SECRET_KEY": "secret key of the test suite"}
    command = [sys.executable, "-m", "tests.academy.mortal_worker"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | given, text=True, **pipes) as process:
        assert process.stdout.readline() == "ready\n"

        def work_until(falls_at, **attempt):
            process.stdin.write(json.dumps({"falls_at": falls_at} | attempt) + "\n")
            process.stdin.flush()
            return process.stdout.readline() == "True\n"

        yield work_until
        process.stdin.close()


@pytest.mark.slow
def test_killed_at_any_moment_from_the_pass_to_the_mail_it_is_issued_once(app, school, mortal):
    for falls_at in count(1):
        person = school.ready(f"Ana {falls_at}")
        address(school, person, f"ana{falls_at}@example.com")
        attempt = school.start(person)
        answers = school.right(attempt)
        killed = mortal(falls_at, attempt=attempt, person=person, answers=answers)
        with school.turn():
            passed = school.attempt(attempt).passed
        assert bool(passed) == (falls_at > 1)
        if not passed:  # nothing was said to be there, and the learner sends it again
            school.submit(person, attempt)
        work(app, now() + tasks.LEASE + SOON)
        with school.turn():
            (certificate,) = certificates.of_person(person)
            assert db.session.query(Badge).filter_by(code=certificate.code).count() == 1
            assert [each.locale for each in papers.sums(certificate)] == ["es"]
        assert school.events(person).count("Certificate Issued") == 1
        assert [mail.email for mail in mails(school)][falls_at - 1 :] == [f"ana{falls_at}@example.com"]
        if not killed:
            break
    assert falls_at > 15
