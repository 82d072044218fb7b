"""What a request of events costs in statements: strangers and new companies by the hundred cost as many as one."""

import uuid

import pytest

from plg.kit.db import db
from tests.support.queries import count_queries


@pytest.fixture
def statements(app, client, secret_key):
    """The number of statements for a batch of events, each of its own person and company."""

    def send(people: range) -> int:
        batch = [
            {
                "type": "track",
                "messageId": str(uuid.uuid4()),
                "event": "Invoice Sent",
                "userId": f"user-{number}",
                "context": {"groupId": f"company-{number}"},
            }
            for number in people
        ]
        with app.app_context():
            engine = db.engine
        with count_queries(engine) as queries:
            answer = client.post("/v1/batch", json={"batch": batch, "writeKey": secret_key})
        assert answer.status_code == 200
        return queries.count

    return send


def test_strangers_cost_the_same_number_of_statements_however_many_they_are(statements):
    statements(range(2))  # the key is known from here on

    assert statements(range(100, 102)) == statements(range(200, 290))


def test_people_who_are_known_cost_one_question_more_than_the_insert_of_their_events(statements):
    statements(range(90))

    assert statements(range(90)) <= 2
