"""Ninety days of a small SaaS that never were: people, companies and what they did, and a quick way to store them.

`simulate()` makes up the history; `load()` stores it. Everybody in it is invented; addresses end in `.example`.
"""

from .lives import History, simulate
from .loading import load

__all__ = ["History", "load", "simulate"]
