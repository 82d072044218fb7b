"""Rules: the one language of conditions, asked of one subject (`holds`, `explain`) or of everybody in SQL (`where`).

Both give the same answer. The language knows nothing of people or accounts: a room says which fields there are
(`Field`), and what one subject holds (`Facts`). See `language` for what can be said and what it means."""

from plg.kit.rules.asking import Facts, explain, fits, holds
from plg.kit.rules.fields import Field, Type
from plg.kit.rules.language import EventLeaf, Rule, RuleFaulty, dump, event_leaves, field_names, parse
from plg.kit.rules.selecting import conditions, where

__all__ = [
    "EventLeaf",
    "Facts",
    "Field",
    "Rule",
    "RuleFaulty",
    "Type",
    "conditions",
    "dump",
    "event_leaves",
    "explain",
    "field_names",
    "fits",
    "holds",
    "parse",
    "where",
]
