"""`plg.toml`, its [growth] table."""

from __future__ import annotations

from plg.growth.config import KEY, GrowthConfig
from plg.growth.models import GrowthVersion
from plg.kit import toml_tables

section = toml_tables.section(KEY, GrowthConfig, GrowthVersion)
