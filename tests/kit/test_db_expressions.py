"""Expressions that both databases answer alike."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from plg.kit.db import db
from plg.kit.db_expressions import among, is_among, numbers
from plg.people.models import Person
from tests.support.queries import count_queries, with_plan
from tests.support.story import make_person


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_column_is_asked_for_any_number_of_numbers_by_one_statement(app: Flask, size: int) -> None:
    first, second = make_person(app, "a@acme.example"), make_person(app, "b@acme.example")
    asked = {0: [], 1: [second]}.get(size, [*range(10**9, 10**9 + size), second, first, first])
    with app.app_context():
        query = select(Person.id).where(is_among(Person.id, numbers("ids"))).order_by(Person.id)
        with count_queries(db.engine) as queries:
            found = db.session.scalars(query, {"ids": asked}).all()
        assert found == sorted({first, second} & {*asked})
        assert queries.count == 1
        given = select(Person.id).where(among(Person.id, asked)).order_by(Person.id)
        assert db.session.scalars(given).all() == found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_asked_for_is_found_by_its_index(app: Flask) -> None:
    asked = {"ids": [1, 2]}
    with app.app_context():
        for condition in (is_among(Person.id, numbers("ids")), among(Person.id, asked["ids"])):
            query = select(Person.name).where(condition, Person.created_at.is_not(None))
            _, plan = with_plan(lambda query=query: db.session.scalars(query, asked).all())
            assert "SEARCH people USING INTEGER PRIMARY KEY" in plan
