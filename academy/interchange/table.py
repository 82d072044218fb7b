"""The table of formats. A new one is a file (or a folder) and a name here; the contract test finds it."""

from __future__ import annotations

from typing import Final

from academy.interchange import aiken, olx
from academy.interchange.format import Format
from academy.interchange.gift import file as gift
from academy.interchange.moodle import file as moodle
from academy.interchange.qti import file as qti

FORMATS: Final[tuple[Format, ...]] = (
    gift.FORMAT,
    moodle.FORMAT,
    qti.QTI2,
    qti.QTI3,
    olx.FORMAT,
    aiken.FORMAT,
)
