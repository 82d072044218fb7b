import pytest

from tests.access import outside as outsides
from tests.access.outside import CLIENT_ID, CLIENT_SECRET, Outside
from tests.access.provider_story import ANA
from tests.support.live_server import live_server
from tests.support.story import publish_plans


@pytest.fixture
def outside():
    """A provider on loopback where Ana is signed in; it can be told to lie."""
    made = Outside(emails=[{"email": ANA, "primary": True, "verified": True}])
    with live_server(outsides.app_of(made)) as url:
        made.url = url
        yield made


@pytest.fixture
def app_with_providers(make_app, outside):
    """plg with two buttons: an OpenID Connect issuer and GitHub."""
    both = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "issuer": outside.url}
    made = make_app(
        sign_in_providers=[
            {"key": "acme", "name": "Acme ID", **both},
            {"key": "github", "preset": "github", **both},
        ]
    )
    publish_plans(made)
    return made
