"""An exam of 20 four-choice questions: begin an attempt, save an answer, submit and mark all of them.

The three are measured one after the other, with eight learners at a time who send their own user tokens; each answer
comes after its commit. Then a thousand learners begin at once. The floor is an endpoint that does nothing, asked with
the same headers.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from academy import courses, enrolments, lessons
from plg.kit.db import db
from plg.people import people
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg

CLIENTS, CROWD = 8, 64
COURSE, QUESTIONS, SAVES = "exam", 20, 5
ATTEMPTS = "/v1/academy/attempts"


@dataclass
class Sitting:
    """A learner with an attempt open."""

    user: User
    attempt: str = ""
    sequence: int = 0


@dataclass
class Cost:
    """Processor time of one operation and how many a second there were."""

    figures: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, plg: Plg, name: str, count: int) -> Iterator[Callable[[load.Result], None]]:
        """Note what `count` operations in the block took."""
        results: list[load.Result] = []
        cpu = plg.cpu_ms()
        yield results.append
        self.figures[f"{name}_cpu_ms"] = (plg.cpu_ms() - cpu) / count
        self.figures[f"{name}_per_s_c8"] = count / results[0].seconds
        self.figures[f"{name}_p95_ms_c8"] = results[0].percentile_ms(95)


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--learners", type=int, default=400)
    parser.add_argument("--crowd", type=int, default=1_000, help="how many begin at once at the end")
    options = parser.parse_args(argv)
    cost = Cost()
    with new_plg(options.database, folder=None) as plg, plg.serving():
        users = _learners(plg, 10 * CLIENTS + options.learners + options.crowd)
        everybody = iter(users)
        warm = [Sitting(user) for user in itertools.islice(everybody, 10 * CLIENTS)]
        _measure(plg, warm, Cost())
        _measure(plg, [Sitting(user) for user in itertools.islice(everybody, options.learners)], cost)
        crowd = [Sitting(user) for user in everybody]
        begun = _all(plg, crowd, _start, clients=CROWD)
    figures = cost.figures | {
        "crowd": len(crowd),
        "crowd_begun_in_s": begun.seconds,
        "crowd_p95_ms_c64": begun.percentile_ms(95),
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _measure(plg: Plg, sittings: list[Sitting], cost: Cost) -> None:
    with cost.of(plg, "empty", 5 * len(sittings)) as note:
        note(_all(plg, sittings, _nothing))
    with cost.of(plg, "start", len(sittings)) as note:
        note(_all(plg, sittings, _start))
    with cost.of(plg, "save", SAVES * len(sittings)) as note:
        note(_all(plg, sittings, _save))
    with cost.of(plg, "finish", len(sittings)) as note:
        note(_all(plg, sittings, _finish))


def _all(
    plg: Plg, sittings: list[Sitting], act: Callable[[Plg, Sitting], load.Script], clients: int = CLIENTS
) -> load.Result:
    def client(number: int) -> load.Script:
        for sitting in sittings[number::clients]:
            yield from act(plg, sitting)

    return load.run(plg.url, client, clients=clients).must_be(200)


def _nothing(plg: Plg, sitting: Sitting) -> load.Script:
    for _ in range(5):
        yield load.http("GET", "/healthz", headers=sitting.user.headers(plg))


def _start(plg: Plg, sitting: Sitting) -> load.Script:
    answer = yield load.http("POST", ATTEMPTS, body={"course": COURSE}, headers=sitting.user.headers(plg))
    begun = answer.json()
    if len(begun["questions"]) != QUESTIONS:
        raise RuntimeError(f"an attempt with {len(begun['questions'])} questions")
    sitting.attempt, sitting.sequence = begun["id"], begun["sequence"]


def _save(plg: Plg, sitting: Sitting) -> load.Script:
    path = f"{ATTEMPTS}/{sitting.attempt}/answers"
    for question in range(1, SAVES + 1):
        body = {"sequence": sitting.sequence, "answers": [{"question": question, "answer": "2"}]}
        answer = yield load.http("POST", path, body=body, headers=sitting.user.headers(plg))
        sitting.sequence = answer.json()["sequence"]


def _finish(plg: Plg, sitting: Sitting) -> load.Script:
    answers = [{"question": question, "answer": "1"} for question in range(1, QUESTIONS + 1)]
    body = {"sequence": sitting.sequence, "answers": answers}
    path = f"{ATTEMPTS}/{sitting.attempt}/submit"
    answer = yield load.http("POST", path, body=body, headers=sitting.user.headers(plg))
    if answer.json()["score_percent"] is None:
        raise RuntimeError("an attempt that was submitted has no mark")


def _learners(plg: Plg, count: int) -> list[User]:
    """Owners of accounts who have read the one lesson."""
    users = customers(plg, count, on_trial=False)
    with plg.app.app_context():
        courses.publish(COURSE, course(), by="bench")
        for user in users:
            person = people.find(user.id).id
            enrolments.enrol(person, COURSE)
            lessons.complete(person, COURSE, "all")
        db.session.commit()
        db.session.remove()
    return users


def course() -> dict[str, object]:
    return {
        "title": _text("The exam"),
        "summary": _text("All that one has to know"),
        "lessons": [
            {"number": 1, "key": "all", "body": {"es": "# Todo\n\nLee.\n", "en": "# All\n\nRead.\n"}}
        ],
        "quiz": {
            "title": _text("Exam"),
            "pass_mark": 70,
            "time_limit_minutes": 60,
            "questions": [_question(number) for number in range(QUESTIONS)],
        },
    }


def _question(number: int) -> dict[str, object]:
    options = [
        {"key": key, "text": _text(f"What one could say to question {number}: {key}")} for key in "abcd"
    ]
    return {
        "key": f"question-{number}",
        "kind": "single",
        "text": _text(f"Which of these four is right, when one thinks about number {number}?"),
        "feedback": _text("It is told in the lesson"),
        "options": [options[0] | {"correct": True}, *options[1:]],
    }


def _text(words: str) -> dict[str, str]:
    return {"es": f"{words} (es)", "en": words}
