"""What steps can be, as definitions that several tests share."""

from __future__ import annotations

from typing import Any

from tests.onboarding_flows.conftest import text

DEVELOPERS = {"field": "person.traits.job", "eq": "dev"}

SENT, BIG = ("Sent", {"total": 10}), ("Sent", {"total": 500})
LOOKED, REPORT = ("Page Viewed", {"path": "/home"}), ("Page Viewed", {"path": "/reports/1"})
TOUR, INVITED = (
    ("Onboarding Completed", {"flow": "tour", "version": 1}),
    ("Onboarding Step Completed", {"flow": "tour", "version": 1, "step": "invite"}),
)
PASSED, OTHER = ("Quiz Passed", {"course": "basics"}), ("Quiz Passed", {"course": "other"})
ALL_KINDS = (SENT, BIG, LOOKED, REPORT, TOUR, INVITED, PASSED, OTHER)

MEMBERS: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    "event": ({"event": "Sent", "count": 2, "within": "1d", "where": {"total": {"gte": 100}}}, [BIG, BIG]),
    "page": ({"page": "/reports*"}, [LOOKED, REPORT]),
    "flow": ({"all": [{"flow": "tour"}, {"flow": "tour", "step": "invite"}]}, [INVITED, TOUR]),
    "quiz": ({"quiz": "basics"}, [OTHER, PASSED]),
    "all": ({"all": [{"quiz": "basics"}, {"event": "Sent", "count": 2}]}, [SENT, PASSED, SENT]),
    "any": ({"any": [{"event": "Never"}, {"all": [{"page": "/home"}, {"event": "Sent"}]}]}, [SENT, LOOKED]),
}
"""A member of the family -> an example, and a story whose last event does the step."""

FIELDS: list[dict[str, Any]] = [
    {"key": "goal", "label": text("Your goal"), "required": True, "trait": "goal"},
    {"key": "size", "label": text("How many are you?"), "kind": "number", "trait": "team_size"},
    {
        "key": "tool",
        "label": text("What do you use today?"),
        "kind": "choice",
        "options": [{"key": "sheet", "label": text("A sheet")}, {"key": "paper", "label": text("Paper")}],
    },
    {"key": "news", "label": text("News?"), "kind": "yes_no"},
]
SURVEY = {"label": text("Tell us"), "form": {"fields": FIELDS}}
