"""The fields of the form that edits a draft, one line each, offered when the definition knows their members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from pydantic import BaseModel

from onboarding_flows.definition import Flow, Part
from onboarding_flows.prompt_definition import OF_A_TOUR, TourStep
from onboarding_flows.shapes import LANGUAGES
from onboarding_flows.step_definition import Step
from plg.accounts.models import ROLES

Options = Sequence[tuple[str, "str | LazyString"]]


@dataclass(frozen=True)
class Entry:
    """One field. path: of the member in the flow, the section or the step. kind: how it is edited: line, prose,
    number, flag, choice (one of `options`), choices (any of them), lines, rule, or where (conditions on events).
    standard: what an absent member means. many: plans, steps (options that come with the draft), or events."""

    path: str
    kind: str
    label: str | LazyString
    hint: str | LazyString = ""
    options: Options = ()
    standard: Any = None
    many: str = ""

    @property
    def member(self) -> str:
        return self.path.partition(".")[0]


def _texts(path: str, kind: str, label: LazyString, hint: str | LazyString = "") -> list[Entry]:
    return [Entry(f"{path}.{language}", kind, label, hint) for language in LANGUAGES]


def _action() -> list[Entry]:
    return [
        *_texts("action.label", "line", _l("Words of the link")),
        Entry("action.url", "line", _l("Page or address"), _l("Such as /invoices/new, or https://…")),
        Entry("action.tour", "line", _l("Tour"), _l("The key of the flow that is the tour.")),
        Entry("action.video", "line", _l("Address of the video")),
        *_texts("action.captions", "line", _l("Captions of the video"), _l("The address of a .vtt file.")),
        Entry("action.lesson", "line", _l("Lesson"), _l("As course/lesson.")),
    ]


_SPAN: Final = _l("Such as 36h, 2d or 1w.")
_MOMENT: Final = _l("Such as 2026-12-01T09:00:00Z.")
_ROLES: Final = [(role, role) for role in ROLES]

FLOW: Final = [
    *_texts("title", "line", _l("Title")),
    *_texts("description", "prose", _l("Description")),
    Entry(
        "kind",
        "choice",
        _l("Kind"),
        options=[
            ("checklist", _l("Checklist")),
            ("tour", _l("Tour")),
            ("banner", _l("Banner")),
            ("announcement", _l("Announcement")),
        ],
        standard="checklist",
    ),
    Entry(
        "scope",
        "choice",
        _l("Whose progress it is"),
        options=[("person", _l("Each person's own")), ("account", _l("The workspace's, shared"))],
        standard="person",
    ),
    Entry(
        "placement",
        "choice",
        _l("Where it stands"),
        options=[
            ("", _l("As usual")),
            ("top", _l("Banner at the top")),
            ("bottom", _l("Banner at the bottom")),
            ("modal", _l("Announcement in the middle")),
            ("corner", _l("Announcement in the corner")),
        ],
    ),
    *_action(),
    Entry("audience.roles", "choices", _l("Roles"), _l("None chosen: everybody."), _ROLES),
    Entry("audience.plans", "choices", _l("Plans"), _l("None chosen: every plan."), many="plans"),
    Entry(
        "audience.locales",
        "choices",
        _l("Languages"),
        _l("None chosen: every language."),
        [("es", "Español"), ("en", "English")],
    ),
    Entry("audience.percent", "number", _l("Share of them, in percent"), _l("Empty: all of them.")),
    Entry("audience.when", "rule", _l("Only for whom this rule holds")),
    Entry("show.priority", "number", _l("Priority"), _l("0 to 100, 50 if empty; the higher goes first.")),
    Entry("show.from", "line", _l("Not before"), _MOMENT),
    Entry("show.until", "line", _l("Not after"), _MOMENT),
    Entry("show.wait", "line", _l("Wait after the beginning"), _SPAN),
    Entry("show.times", "number", _l("At most so often")),
    Entry("show.every", "line", _l("At least so long between two times"), _SPAN),
    Entry("show.snooze", "line", _l("How long “later” lasts"), _SPAN),
    Entry("show.dismissible", "flag", _l("People may put it away"), standard=True),
    Entry("show.essential", "flag", _l("Shown whatever else was shown (legal notices)"), standard=False),
]
SECTION: Final = [*_texts("title", "line", _l("Title of the section"))]
STEP: Final = [
    Entry(
        "key", "line", _l("Key"), _l("Who has done a step has done it under its key: do not change it later.")
    ),
    *_texts("title", "line", _l("Title")),
    *_texts("body", "prose", _l("Text"), _l("Markdown.")),
    *_action(),
    Entry("completes_on.event", "line", _l("Event"), many="events"),
    Entry("completes_on.count", "number", _l("So often"), _l("Empty: once.")),
    Entry("completes_on.within", "line", _l("Within"), _SPAN),
    Entry("completes_on.where", "where", _l("Only events with these properties")),
    Entry("completes_on.page", "line", _l("Page"), _l("Such as /reports*; * is any run.")),
    Entry("completes_on.flow", "line", _l("Flow"), _l("Its key.")),
    Entry("completes_on.step", "line", _l("Step"), _l("Its key; empty: the whole flow.")),
    Entry("completes_on.quiz", "line", _l("Course"), _l("Its key.")),
    Entry("completes_when", "rule", _l("Done when this holds")),
    Entry("stays_done", "flag", _l("Stays done when the rule holds no more"), standard=True),
    Entry("visible_when", "rule", _l("There from when this holds")),
    Entry("requires", "choices", _l("First come"), many="steps"),
    Entry("role", "choice", _l("Who should do it"), options=[("", _l("Anybody")), *_ROLES]),
    Entry("due", "number", _l("Due after so many days")),
    Entry("skippable", "flag", _l("May be left out"), standard=False),
    Entry("reward.trial_days", "number", _l("Reward: days of trial")),
    Entry("reward.points", "number", _l("Reward: points")),
    Entry("anchor", "lines", _l("Stands beside"), _l("CSS selectors, one a line; the first that is there.")),
    Entry(
        "placement",
        "choice",
        _l("On which side"),
        options=[
            ("", _l("Where there is room")),
            ("top", _l("Above")),
            ("bottom", _l("Below")),
            ("start", _l("Before")),
            ("end", _l("After")),
        ],
    ),
    Entry("page", "line", _l("Only on pages"), _l("Such as /reports*; * is any run.")),
    Entry(
        "advance",
        "choice",
        _l("Goes on by"),
        options=[("", _l("The button “next”")), ("click", _l("A click on what it stands beside"))],
    ),
]
TABLES: Final[dict[type[BaseModel], list[Entry]]] = {
    Flow: FLOW,
    Part: SECTION,
    Step: STEP,
    TourStep: [entry for entry in STEP if entry.member in OF_A_TOUR],
}


@dataclass(frozen=True)
class Switch:
    """One of several ways is chosen. ways: option -> its members, the first of which tells that it is chosen, and
    what that one is at first."""

    name: str
    label: str | LazyString
    ways: dict[str, tuple[tuple[str, ...], Any]]
    names: dict[str, str | LazyString]


HOW: Final = Switch(
    "how",
    _l("How it is done"),
    {
        "event": (tuple(f"completes_on.{name}" for name in ("event", "count", "within", "where")), ""),
        "page": (("completes_on.page",), ""),
        "flow": (("completes_on.flow", "completes_on.step"), ""),
        "quiz": (("completes_on.quiz",), ""),
        "rule": (("completes_when", "stays_done"), {"all": []}),
        "manual": (("manual",), True),
    },
    {
        "event": _l("An event of the product"),
        "page": _l("A page of the product is looked at"),
        "flow": _l("Another flow, or a step of it, is done"),
        "quiz": _l("The quiz of a course is passed"),
        "rule": _l("A rule holds"),
        "manual": _l("The person says so"),
        "": _l("Otherwise"),
    },
)
LEADS: Final = Switch(
    "leads",
    _l("Where it leads"),
    {
        "url": (("action.url",), ""),
        "tour": (("action.tour",), ""),
        "video": (("action.video", "action.captions.es", "action.captions.en"), ""),
        "lesson": (("action.lesson",), ""),
    },
    {
        "url": _l("To a page"),
        "tour": _l("Into a tour"),
        "video": _l("To a video"),
        "lesson": _l("To a lesson of the academy"),
        "": _l("Nowhere"),
    },
)
SWITCHES: Final[dict[type[BaseModel], list[Switch]]] = {
    Flow: [LEADS],
    Part: [],
    Step: [HOW, LEADS],
    TourStep: [LEADS],
}


@cache
def offered(model: type[BaseModel]) -> tuple[Entry, ...]:
    """The fields whose members the model knows."""
    return tuple(entry for entry in TABLES[model] if knows(model, entry.path))


@cache
def switches(model: type[BaseModel]) -> tuple[Switch, ...]:
    """The choices between ways, with those ways that the model knows."""
    found = []
    for switch in SWITCHES[model]:
        ways = {option: way for option, way in switch.ways.items() if knows(model, way[0][0])}
        if ways:
            found.append(Switch(switch.name, switch.label, ways, switch.names))
    return tuple(found)


def knows(model: type[BaseModel], path: str) -> bool:
    """Whether the model has a member of this path: `show.priority`."""
    first, _, rest = path.partition(".")
    named = {field.alias or name: field for name, field in model.model_fields.items()}
    field = named.get(first)
    if field is None:
        return False
    return not rest or any(knows(inner, rest) for inner in _models(field.annotation))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
