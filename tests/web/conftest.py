"""Hosted pages are tested with plans published and a trial to have."""

import pytest
from flask import Flask

from tests.support.story import publish_plans


@pytest.fixture
def house(app: Flask) -> Flask:
    publish_plans(app)
    return app
