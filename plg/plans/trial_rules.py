"""Shapes of a trial's rule: `[trial]`, and `[plans.X.trial]` for those who start with plan X."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from plg.plans.strict import EventName, Key, Strict, Texts

Misfits = list[tuple[str, str]]


class _Sparse(Strict):
    """Written back as its author wrote it: without what was left out."""

    @model_serializer(mode="wrap")
    def _said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in write(self).items() if key in self.model_fields_set}


class EarnRule(_Sparse):
    """Days for something done during the trial, by an event that plg recorded or that came with a secret key.

    where: properties that the event must have. each: what makes it another time, a property or `person`; the same
    one earns once (left out: every event). most: how often it earns. only = "invited": by somebody who accepted an
    invitation. reversed_by: an event that takes the days back, of the same `each`."""

    event: EventName
    days: int = Field(ge=1, le=60)
    name: Texts
    where: dict[str, str | int | bool] = Field(default_factory=dict)
    each: str | None = Field(None, min_length=1, max_length=100)
    most: int = Field(1, ge=1, le=100)
    only: Literal["invited"] | None = None
    reversed_by: EventName | None = None


class Reminder(_Sparse):
    """A mail to those who may buy, so many days before the end (0: when it is over), to accounts that are so
    `when` it leaves. idle: nobody did anything for a week; active: the contrary."""

    days: int = Field(ge=0, le=90)
    when: Literal["always", "activated", "not_activated", "active", "idle"] = "always"


class Credits(_Sparse):
    """The trial is over when so much of a metered feature was used, or by its days."""

    feature: Key
    amount: int = Field(ge=1)


class Continuation(_Sparse):
    """What is charged for after a trial with a card."""

    plan: Key
    interval: Literal["month", "year"] = "month"


class TrialTerms(_Sparse):
    """How a trial goes.

    days: its length in the account's calendar. clock: runs from the start, or from the account's activation, which
    must come `activate_within` days. card: "first" asks for a card before anything; at the end the account
    `continues_as` that plan. grace: days that the plan stays after the end. end: then the account falls to the plan
    `at_end`, or keeps the trial's plan to look at ("pause") or to take its data out of ("lock"). again_after: days
    after its end until the account may start another one; never where left out. earn_cap: most days to earn, by
    these rules and by whatever else gives days for deeds."""

    days: int = Field(ge=1, le=365)
    at_end: Key | None = None
    end: Literal["plan", "pause", "lock"] = "plan"
    clock: Literal["start", "activation"] = "start"
    activate_within: int = Field(30, ge=1, le=365)
    card: Literal["none", "first"] = "none"
    continues_as: Continuation | None = None
    credits: Credits | None = None
    grace: int = Field(0, ge=0, le=90)
    again_after: int | None = Field(None, ge=0, le=3650)
    earn: list[EarnRule] = Field(default_factory=list)
    earn_cap: int = Field(30, ge=1, le=365)
    reminders: list[Reminder] = Field(default_factory=list)

    def misfits(self) -> Misfits:
        """(path, message) of what does not fit together within the rule."""
        found: Misfits = []
        if (self.at_end is None) == (self.end == "plan"):
            found.append(
                ("at_end", 'is the plan after the trial: needed where `end` is "plan", and only there')
            )
        if self.clock == "start" and "activate_within" in self.model_fields_set:
            found.append(("activate_within", 'means something only with clock = "activation"'))
        if (self.continues_as is None) == (self.card == "first"):
            found.append(("continues_as", 'is needed with card = "first", and only there'))
        if self.card == "first" and not any(r.days and r.when == "always" for r in self.reminders):
            found.append(("reminders", 'nobody is charged unwarned: one of a day or more, when = "always"'))
        seen = [(one.days, one.when) for one in self.reminders]
        found += [(f"reminders.{i}", "is there twice") for i, one in enumerate(seen) if one in seen[:i]]
        return found


class TrialRule(TrialTerms):
    """The trial that begins with a sign-up. starts_on: an event of the host product that begins it, too."""

    plan: Key
    starts_on: EventName | None = None
