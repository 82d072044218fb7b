"""When an offer is raised: the kinds of trigger. A new one is a class and its name in `Trigger`.

Most hear events. Two go by time, and are asked of everybody now and then (`rule`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from plg.events import names as heard
from plg.events.stream import LoggedEvent
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.rules import Rule
from plg.kit.rules.language import EventLeaf
from plg.kit.rules.times import span
from plg.offers.shapes import FeatureKey, RuleIn, Shape, Span
from plg.plans.strict import EventName


class _Kind(Shape):
    """answers: it comes to what somebody wants to do at this moment, so that no budget of attention keeps it back;
    it counts all the same."""

    answers: ClassVar[bool] = False
    names: ClassVar[frozenset[str]] = frozenset()

    @property
    def hears(self) -> frozenset[str]:
        """The names of events that may raise it."""
        return self.names

    def fits(self, event: LoggedEvent) -> bool:
        """Whether such an event raises it."""
        return event.source == "plg"

    @property
    def rule(self) -> Rule | None:
        """Of a trigger that goes by time or by what is true: what has to hold for a member of the account."""
        return None


class _OfFeature(_Kind):
    """feature: None: whichever it is."""

    feature: FeatureKey | None = None

    def fits(self, event: LoggedEvent) -> bool:
        return super().fits(event) and self.feature in (None, event.properties.get("feature"))


class LimitHalfway(_OfFeature):
    kind: Literal["limit_halfway"]
    names: ClassVar[frozenset[str]] = frozenset({heard.LIMIT_HALFWAY})


class LimitNear(_OfFeature):
    kind: Literal["limit_near"]
    names: ClassVar[frozenset[str]] = frozenset({heard.LIMIT_NEAR})


class LimitReached(_OfFeature):
    kind: Literal["limit_reached"]
    answers: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset({heard.LIMIT_REACHED})


class Refused(_OfFeature):
    """The product, or plg, did not give a feature."""

    kind: Literal["refused"]
    answers: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset({heard.FEATURE_REFUSED})


class Forecast(_OfFeature):
    """At its present rate the account reaches a limit within this span."""

    kind: Literal["forecast"]
    within: Span = "30d"
    names: ClassVar[frozenset[str]] = frozenset({heard.LIMIT_FORECAST})

    def fits(self, event: LoggedEvent) -> bool:
        return super().fits(event) and _day(event.properties.get("reached_on")) <= now() + span(self.within)


class SeatsFull(_Kind):
    """The last seat was taken; asked where somebody joined (`raising` looks at the seats)."""

    kind: Literal["seats_full"]
    answers: ClassVar[bool] = True
    names: ClassVar[frozenset[str]] = frozenset({heard.ACCOUNT_ADDED_USER})


class Activated(_Kind):
    """The account reached its first moment of value."""

    kind: Literal["activated"]
    names: ClassVar[frozenset[str]] = frozenset({heard.ACTIVATED})


class HappenedEvent(_Kind):
    """Any event of the product's, of those whose properties fit."""

    kind: Literal["event"]
    event: EventName
    where: Mapping[str, Any] = Field({}, max_length=20)

    @model_validator(mode="after")
    def _can_be_asked(self) -> HappenedEvent:
        try:
            rules.parse({"event": self.event, "where": dict(self.where)})
        except rules.RuleFaulty as refusal:
            raise ValueError("; ".join(f"{each.field}: {each.message}" for each in refusal.errors)) from None
        return self

    @property
    def hears(self) -> frozenset[str]:
        return frozenset({self.event})

    def fits(self, event: LoggedEvent) -> bool:
        return event.source != "import" and rules.fits(self.leaf, event.properties, now())

    @property
    def leaf(self) -> EventLeaf:
        return EventLeaf.model_validate({"event": self.event, "where": self.where})


class TrialDay(_Kind):
    """From this day of the trial on, as `trial.day` of rules counts: 1 in its first 24 hours."""

    kind: Literal["trial_day"]
    day: int = Field(ge=1, le=365)

    @property
    def rule(self) -> Rule | None:
        return rules.parse({"field": "trial.day", "gte": self.day})


class Holds(_Kind):
    """A moment of value in the language of rules. One that asks for events is asked when one of them happens; one
    that asks for none, now and then."""

    kind: Literal["rule"]
    when: RuleIn

    @property
    def hears(self) -> frozenset[str]:
        return frozenset(leaf.event for leaf in rules.event_leaves(rules.parse(self.when)))

    def fits(self, event: LoggedEvent) -> bool:
        return event.source != "import"

    @property
    def rule(self) -> Rule | None:
        return rules.parse(self.when)


Trigger = Annotated[
    LimitHalfway
    | LimitNear
    | LimitReached
    | Refused
    | Forecast
    | SeatsFull
    | Activated
    | HappenedEvent
    | TrialDay
    | Holds,
    Field(discriminator="kind"),
]


def _day(text: Any) -> dt.datetime:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(str(text)), dt.time(), dt.UTC)
    except ValueError:
        return dt.datetime.max.replace(tzinfo=dt.UTC)
