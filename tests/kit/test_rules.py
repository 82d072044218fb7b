"""The language of rules: what each operator means, and what is told of a rule that cannot be asked."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.kit import rules
from plg.kit.rules import Field, RuleFaulty
from plg.kit.rules.times import seconds_of

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
FIELDS = [
    Field(name, kind, lambda rest: None)
    for name, kind in (("job", "text"), ("seats", "number"), ("seen_at", "time"), ("traits.*", "json"))
]


@dataclass
class Known:
    """Facts that a test knows by heart."""

    value: object = None
    counts: dict[str, int] = field(default_factory=dict)

    def field(self, name):
        return self.value

    def count(self, leaf):
        return self.counts[leaf.event]


@pytest.mark.parametrize(
    ("value", "test", "held"),
    [
        (1, {"eq": 1.0}, True),
        (True, {"eq": 1}, False),
        ("1", {"eq": 1}, False),
        (None, {"eq": None}, True),
        (None, {"ne": "dev"}, True),
        (None, {"not_in": ["dev"]}, True),
        (None, {"not_contains": "dev"}, True),
        (None, {"lt": 5}, False),
        ("9", {"gt": 10}, False),
        ("b", {"gt": "a"}, True),
        (5, {"between": [1, 5]}, True),
        (5, {"gte": 1, "lt": 5}, False),
        (["dev", 1], {"contains": "dev"}, True),
        ([True], {"contains": 1}, False),
        ("developer", {"contains": "dev"}, True),
        ("developer", {"starts_with": "dev"}, True),
        ("developer", {"ends_with": "dev"}, False),
        (["dev"], {"eq": "dev"}, False),
        ("", {"exists": True}, True),
        (None, {"exists": False}, True),
        ("2026-05-04T14:00:00+02:00", {"before": "2026-05-04T12:00:00Z"}, False),
        ("2026-05-04T14:00:00+02:00", {"after": "2026-05-04T12:00:00Z"}, True),
        ("2026-05-01", {"within_last": "3d"}, False),
        ("2026-05-01", {"within_last": "84h"}, True),
        ("2026-05-05", {"within_last": "3d"}, False),
        ("2026-05-05", {"within_next": "1d"}, True),
        ("yesterday", {"within_last": "1w"}, False),
        (None, {"not_within_last": "7d"}, True),
        (NOW, {"within_last": "1m"}, True),
    ],
)
def test_what_an_operator_means(value, test, held):
    rule = rules.parse({"field": "traits.x", **test}, FIELDS)

    assert rules.holds(rule, Known(value), NOW) is held


def test_rules_are_joined_and_explained():
    definition = {
        "all": [
            {"any": [{"field": "job", "eq": "dev"}, {"event": "Paid"}]},
            {"not": {"event": "Refunded", "count": {"gt": 1}, "within": "7d"}},
        ]
    }
    rule = rules.parse(definition, FIELDS)
    facts = Known("ops", {"Paid": 2, "Refunded": 1})

    assert rules.dump(rule) == definition
    assert rules.holds(rule, facts, NOW)
    assert rules.explain(rule, facts, NOW) == {
        "all": [
            {
                "any": [
                    {"field": "job", "eq": "dev", "found": "ops", "holds": False},
                    {"event": "Paid", "found": 2, "holds": True},
                ],
                "holds": True,
            },
            {
                "not": {
                    "event": "Refunded",
                    "count": {"gt": 1},
                    "within": "7d",
                    "found": 1,
                    "holds": False,
                },
                "holds": True,
            },
        ],
        "holds": True,
    }


def test_every_fault_is_named_with_its_path():
    with pytest.raises(RuleFaulty) as refused:
        rules.parse(
            {
                "all": [
                    {"field": "job", "gt": True, "like": "x"},
                    {"any": []},
                    {"when": 1},
                    {"event": "Paid", "count": {"gte": "3"}, "within": "7 days", "where": {"a": {"in": 3}}},
                    {"not": {"field": "job", "eq": "a\0", "before": "soon"}},
                ]
            },
            at="rule",
        )

    assert {fault.field for fault in refused.value.errors} == {
        "rule.all.0.gt",
        "rule.all.0.like",
        "rule.all.1.any",
        "rule.all.2",
        "rule.all.3.count.gte",
        "rule.all.3.within",
        "rule.all.3.where.a.in",
        "rule.all.4.not.eq",
        "rule.all.4.not.before",
    }


def test_a_field_is_asked_only_what_its_type_can_answer():
    definition = {
        "all": [
            {"field": "age", "eq": 1},
            {"field": "job", "eq": 1},
            {"field": "seats", "contains": 1},
            {"field": "seen_at", "gt": "2026-01-01"},
            {"field": 'traits."open', "eq": 1},
            {"field": 'traits."\\ud800"', "eq": 1},
            {"field": "job"},
            {"event": "Paid", "count": {}},
        ]
    }
    with pytest.raises(RuleFaulty) as refused:
        rules.parse(definition, FIELDS)

    assert [fault.field for fault in refused.value.errors] == [
        "all.0.field",
        "all.1.eq",
        "all.2.contains",
        "all.3.gt",
        "all.4.field",
        "all.5.field",
        "all.6",
        "all.7.count",
    ]


@pytest.mark.parametrize("layer", ["not", "all"])
def test_a_rule_has_its_measure(layer):
    deep = {"field": "job", "eq": "dev"}
    for _ in range(100_000):
        deep = {layer: [deep] if layer == "all" else deep}
    wide = {"any": [{"field": "job", "eq": "dev"}] * 1000}
    listed = {"any": [{"field": "job", "in": ["dev"] * 500}] * 5}

    for definition in (deep, wide, listed):
        with pytest.raises(RuleFaulty) as refused:
            rules.parse(definition)
        assert refused.value.errors[0].field == "rule"
    while deep:  # else Python takes it apart recursively
        deep = deep.get(layer) if isinstance(deep, dict) else deep.pop()


@given(st.datetimes(timezones=st.timezones()))
def test_an_iso_time_is_read_to_its_second(moment):
    if moment.utcoffset().total_seconds() % 60 == 0:
        assert seconds_of(moment.isoformat()) == moment.astimezone(dt.UTC).timestamp() // 1
