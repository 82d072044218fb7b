"""`plg.toml`, its [signups] table."""

from __future__ import annotations

from plg.kit import toml_tables
from plg.signups.models import PolicyVersion
from plg.signups.policy import KEY, Policy

section = toml_tables.section(KEY, Policy, PolicyVersion)
