"""`plg.toml`, its [attention] table."""

from __future__ import annotations

from plg.attention.limits import KEY, Limits
from plg.attention.models import AttentionVersion
from plg.kit import toml_tables

section = toml_tables.section(KEY, Limits, AttentionVersion)
