"""A rule gives the same answer whether it is asked of one person, of everybody in SQL, or in plain Python."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plg.accounts.models import Membership
from plg.kit import rules
from plg.kit.db import db
from plg.segments import segments
from plg.segments.subjects import counted, fields, subjects
from tests.segments.population import NOW, definitions, store
from tests.segments.population import subjects as anybody
from tests.support.story import publish_plans

EXAMPLES = 30

populations = st.lists(anybody, min_size=3, max_size=6, unique_by=lambda subject: subject.public_id)


def test_one_and_everybody_get_the_same_answer(app):
    publish_plans(app)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(populations, st.lists(definitions, min_size=12, max_size=12))
    def same(population, asked):
        parsed = [segments.parse(definition, NOW) for definition in asked]
        store(population)
        try:
            for rule, selected, definition in zip(parsed, _everybody(parsed), asked, strict=True):
                held = {subject.ids for subject in population if rules.holds(rule, subject, NOW)}
                assert selected == held, (definition, population)
            rule = parsed[0]
            one_by_one = {each.ids for each in population if segments.matches(rule, *each.ids, NOW)}
            members = {tuple(row) for row in db.session.execute(segments.members(rule, NOW))}
            assert one_by_one == members, asked[0]
        finally:
            db.session.rollback()

    with app.app_context():
        same()


def _everybody(parsed):
    """For each rule those for whom it holds, all in one statement."""
    known = fields(NOW)
    conditions = [rules.where(rule, known, lambda leaf: counted(leaf, NOW), NOW) for rule in parsed]
    columns = [condition.label(f"rule_{number}") for number, condition in enumerate(conditions)]
    rows = db.session.execute(subjects(Membership.person_id, Membership.account_id, *columns)).all()
    return [{(row[0], row[1]) for row in rows if row[number + 2]} for number in range(len(parsed))]
