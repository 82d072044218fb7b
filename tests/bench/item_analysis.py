"""The item analysis of 100,000 attempts at an exam of 20 questions, from the question to the last figure."""

import random
import time
from typing import Any

from sqlalchemy import insert

from academy import courses, quiz_analysis
from academy.models import Attempt, Enrolment
from academy.paper import draw_paper, mark_paper
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from tests.bench import exam, measuring
from tests.bench.serving import new_plg

CHUNK = 5_000
PAPERS = 500  # different ones: making them costs more than writing them


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--attempts", type=int, default=100_000)
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg, plg.app.app_context():
        courses.publish(exam.COURSE, exam.course(), by="bench")
        _attempts(options.attempts)
        db.session.commit()
        began, cpu = time.perf_counter(), plg.cpu_ms() + 1000 * time.process_time()
        found = quiz_analysis.analyse(exam.COURSE)
        seconds = time.perf_counter() - began
        cpu_s = (plg.cpu_ms() + 1000 * time.process_time() - cpu) / 1000
        db.session.rollback()
    if found.figures.attempts != options.attempts or len(found.figures.items) != exam.QUESTIONS:
        raise RuntimeError(f"analysed {found.figures.attempts} attempts")
    figures = {"attempts": options.attempts, "questions": exam.QUESTIONS, "analysis_s": seconds}
    figures["analysis_cpu_s"] = cpu_s
    measuring.report(figures, database=options.database, concurrency=1, as_json=options.json)


def _attempts(count: int) -> None:
    """Finished first attempts of as many people, who answer by chance, most of them rightly."""
    papers, version, moment = _papers(), courses.live(exam.COURSE).id, now()
    enrolled = {"course_key": exam.COURSE, "version_id": version, "enrolled_at": moment}
    same = {"version_id": version, "number": 1, "state": "submitted", "passed": False, "score": 0, "seed": ""}
    same |= {"sequence": 20, "started_at": moment, "finished_at": moment}
    for start in range(1, count + 1, CHUNK):
        some = range(start, min(start + CHUNK, count + 1))
        people = [{"id": n, "public_id": f"per_{n}", "created_at": moment} for n in some]
        db.session.execute(insert(Person), people)
        db.session.execute(insert(Enrolment), [enrolled | {"id": n, "person_id": n} for n in some])
        own = [
            {"public_id": f"att_{n}", "enrolment_id": n, "person_id": n} | papers[n % PAPERS] for n in some
        ]
        db.session.execute(insert(Attempt), [same | each for each in own])


def _papers() -> list[dict[str, Any]]:
    quiz, chance, papers = courses.live(exam.COURSE).quiz, random.Random(7), []
    for number in range(PAPERS):
        slots = draw_paper(quiz, str(number))
        answers = {place: chance.choice("aaabcd") for place in range(1, len(slots) + 1)}
        shares = [str(share) for share in mark_paper(quiz, slots, answers).shares]
        kept = {str(place): answer for place, answer in answers.items()}
        papers.append({"slots": [slot.to_json() for slot in slots], "answers": kept, "shares": shares})
    return papers
