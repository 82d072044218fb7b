"""Webhook endpoints: who is told of events, and with which secret the telling is signed."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import API_VERSION, Object, Work, new_id
from plg.sandbox.stripe.wire import Address, Boolean, Fields, Many, Metadata, OneOf, Shape, Text, merged

#: The id of the endpoint that the stand-in is started with.
OWN = "we_sandbox"
_CHANGES: dict[str, Shape] = {
    "url": Address(),
    "enabled_events": Many(Text()),
    "description": Text(clear=True),
    "metadata": Metadata(),
    "expand": EXPAND,
}


def register(
    work: Work, endpoint_id: str, secret: str, *, url: str, enabled_events: list[str], **more: object
) -> Object:
    """Keep an endpoint and its secret; the secret is shown once, in the answer to its creation."""
    endpoint = {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": work.now,
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        **more,
    }
    work.put(endpoint)
    work.annotate(endpoint_id, secret=secret)
    return endpoint


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    secret = new_id("whsec_", 32)
    endpoint = register(
        work,
        new_id("we_1"),
        secret,
        url=params["url"],
        enabled_events=params["enabled_events"],
        description=params.get("description"),
        metadata=merged({}, params.get("metadata")),
    )
    return {**endpoint, "secret": secret}


def _update(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    endpoint = work.need("webhook_endpoint", ids["webhook_endpoint"])
    endpoint |= {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    endpoint["metadata"] = merged(endpoint["metadata"], params.get("metadata"))
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return work.put(endpoint)


def _delete(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    endpoint = work.need("webhook_endpoint", ids["webhook_endpoint"])
    work.put_as("webhook_endpoint", endpoint["id"], None)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = work.newest("webhook_endpoint")
    return page("webhook_endpoint", found, params, "/v1/webhook_endpoints")


_PATH = "/v1/webhook_endpoints/{webhook_endpoint}"
_CREATE = Fields({**_CHANGES, "api_version": OneOf((API_VERSION,))}, ("url", "enabled_events"))
OPERATIONS = (
    Operation("POST", "/v1/webhook_endpoints", _create, _CREATE),
    Operation("GET", "/v1/webhook_endpoints", _list, list_fields()),
    Operation(
        "GET",
        _PATH,
        lambda work, ids, params: work.need("webhook_endpoint", ids["webhook_endpoint"]),
        Fields({"expand": EXPAND}),
    ),
    Operation("POST", _PATH, _update, Fields({**_CHANGES, "disabled": Boolean()})),
    Operation("DELETE", _PATH, _delete),
)
