"""What is built in the form of a rule is what is kept, and what is kept is shown there without loss."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.kit import rules
from plg.segments import segments
from plg.segments.subjects import fields
from plg.web import rule_form
from plg.web.rule_values import read, read_list, shown
from tests.segments.population import NOW, definitions, scalars, texts

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@on_sqlite
def test_a_rule_comes_back_from_its_form_as_it_was(app):
    known = fields_of(app)

    @settings(max_examples=300, deadline=None, database=None)
    @given(definitions)
    def same(definition):
        said = rule_form.fields_of("audience.when", definition, known)
        assert rule_form.can_be_built("audience.when", definition, known)
        posted = {name: value.strip(" ") for name, value in said.items()}
        built = rule_form.rule_of("audience.when", posted, known)
        assert rules.dump(segments.parse(built, NOW)) == rules.dump(
            segments.parse(rule_form.canonical(definition), NOW)
        )
        assert all(value.isprintable() for value in said.values()), "a line of a form holds no line break"

    with app.app_context():
        same()


def fields_of(app):
    with app.app_context():
        return fields(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))


@settings(max_examples=300, deadline=None, database=None)
@given(scalars | st.none(), st.lists(scalars | st.none(), max_size=4), texts)
def test_values_come_back_as_what_they_were(value, values, name):
    assert repr(read(shown(value))) == repr(value)
    assert repr(read_list(shown(values))) == repr(values)
    assert read(shown(name, "name"), "name") == name and read(shown(name, "text"), "text") == name


@on_sqlite
def test_what_is_no_rule_is_not_built(app):
    known = fields_of(app)
    odd = (
        {"all": [], "any": []},
        {"event": "A", "often": 3},
        {"field": "person.email", "is": 1},
        {"not": []},
    )
    for rule in (*odd, {"event": "A", "where": {"x": {}}}, {"any": "x"}, [], 5):
        assert not rule_form.can_be_built("when", rule, known), rule
