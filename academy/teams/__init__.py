"""Teams: who of a workspace is certified on what, what belongs to its plan, and what ends before the plan renews.

Owns nothing; reads certificates, memberships, plans and subscriptions."""

from academy.teams.courses import TeamCourse, of_team
from academy.teams.holders import Holding, Page, Wish, all_of, missing, page_of
from academy.teams.horizon import Horizon, of_account

__all__ = [
    "Holding",
    "Horizon",
    "Page",
    "TeamCourse",
    "Wish",
    "all_of",
    "missing",
    "of_account",
    "of_team",
    "page_of",
]
