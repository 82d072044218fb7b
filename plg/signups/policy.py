"""What counts how much, and from where on a sign-up is looked at: the [signups] table of `plg.toml`, or these
defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from plg.kit import versions
from plg.signups.models import PolicyVersion

KEY = "signups"
Points = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=1, le=3660)]


class Weights(BaseModel):
    """Points of each signal; 0 switches it off."""

    model_config = ConfigDict(extra="forbid")

    mailbox: Points = 100
    mailbox_unconfirmed: Points = 50
    card: Points = 100
    device: Points = 50
    disposable: Points = 50
    network: Points = 30
    texts: Points = 30
    program: Points = 15
    haste: Points = 10
    company: Points = 10


class Keep(BaseModel):
    """Days after which a trace is forgotten, by kind."""

    model_config = ConfigDict(extra="forbid")

    mailbox: Days = 1095
    card: Days = 1095
    company: Days = 1095
    device: Days = 180
    network: Days = 30


class Policy(BaseModel):
    """enabled: false lets everybody in at once, and counts on. join: ask people of a company that is here already
    whether they would rather join. verify_at, hold_at: points from which a trial waits for more proof, or for staff.
    network_per_hour, network_per_day: sign-ups from one network that are nothing special. company_workspaces: how
    many workspaces of one company are nothing special. least_seconds: nobody fills the form in faster."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    join: bool = True
    verify_at: Annotated[int, Field(ge=1, le=1000)] = 40
    hold_at: Annotated[int, Field(ge=1, le=1000)] = 80
    network_per_hour: Annotated[int, Field(ge=1, le=150)] = 10
    network_per_day: Annotated[int, Field(ge=1, le=150)] = 50
    company_workspaces: Annotated[int, Field(ge=1, le=150)] = 3
    least_seconds: Annotated[float, Field(ge=0, le=60)] = 2
    points: Weights = Field(default_factory=Weights)
    keep_days: Keep = Field(default_factory=Keep)

    @model_validator(mode="after")
    def _in_order(self) -> Policy:
        if self.verify_at > self.hold_at:
            raise ValueError("verify_at must not be above hold_at")
        return self


@dataclass(frozen=True)
class Published:
    """version: 0 for the defaults."""

    policy: Policy
    version: int


def live() -> Published:
    """The published one, else the defaults. One statement."""
    row = versions.live(PolicyVersion, KEY)
    if row is None:
        return Published(Policy(), 0)
    return Published(Policy.model_validate(row.definition), row.version)
