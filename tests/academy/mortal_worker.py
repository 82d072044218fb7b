"""A process that submits an attempt and does what follows from its certificate, until it is killed.

Reads lines of JSON: {"attempt", "person", "answers", "falls_at"}. For each, a child does the work and gets SIGKILL
at its falls_at-th moment before or after a commit; one line says whether it did. Run by `test_issuing_under_kills`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count
from typing import Any

from flask import Flask

from academy import attempts, certificate_steps
from academy.certificates import tasks
from plg.app import create_app
from plg.kit.clock import now
from plg.kit.db import db
from plg.settings import Settings


def main() -> None:
    app = create_app(Settings())
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(app, **json.loads(line))
            os._exit(0)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, flush=True)


def _work(app: Flask, attempt: str, person: int, answers: dict[str, Any], falls_at: int) -> None:
    with app.app_context():
        _fall_at(falls_at)
        told = {int(number): answer for number, answer in answers.items()}
        attempts.submit(attempt, told, 0, person_id=person)
        db.session.commit()
        while tasks.do_due(now(), certificate_steps.ISSUING, ()):
            pass


def _fall_at(falls_at: int) -> None:
    commit, moments = db.session.commit, count(1)

    def moment() -> None:
        if next(moments) == falls_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched() -> None:
        moment()
        commit()
        moment()

    db.session.commit = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
