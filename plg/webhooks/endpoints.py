"""Webhook endpoints by the API: the host product says where it wants to be told, and looks after it."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.webhooks import deliveries, sender, webhook_endpoints
from plg.webhooks.models import WebhookEndpoint
from plg.webhooks.schemas import (
    DeliveriesQuery,
    DeliveryPath,
    EndpointPath,
    WebhookDeliveryOut,
    WebhookDeliveryPage,
    WebhookEndpointChange,
    WebhookEndpointIn,
    WebhookEndpointList,
    WebhookEndpointOut,
    WebhookEndpointWithSecret,
    WebhookRecoveryIn,
    WebhookRecoveryOut,
)

api = APIBlueprint(
    "webhook_endpoints",
    __name__,
    url_prefix="/v1/webhook-endpoints",
    abp_tags=[Tag(name="Webhooks")],
    abp_security=[{"secret": []}],
)


@api.post(
    "",
    summary="Be told of what plg records",
    description="The endpoint hears what happens from now on. `secret` is shown this once. Signatures are those of "
    "[Standard Webhooks](https://www.standardwebhooks.com); what is sent stands under `webhooks` in this document.",
    responses={201: WebhookEndpointWithSecret},
)
@requires("secret")
def create_webhook_endpoint(body: WebhookEndpointIn) -> tuple[dict[str, Any], int]:
    made, secret = webhook_endpoints.add(
        body.url, events=body.events, description=body.description, by=current_caller().actor
    )
    return _with_secret(made, secret), 201


@api.get("", summary="Webhook endpoints and how they fare", responses={200: WebhookEndpointList})
@requires("secret", "staff")
def list_webhook_endpoints() -> dict[str, Any]:
    rows = webhook_endpoints.all_endpoints()
    return WebhookEndpointList(data=[WebhookEndpointOut.of(row) for row in rows]).model_dump(mode="json")


@api.get("/<endpoint>", summary="A webhook endpoint", responses={200: WebhookEndpointOut})
@requires("secret", "staff")
def get_webhook_endpoint(path: EndpointPath) -> dict[str, Any]:
    return WebhookEndpointOut.of(webhook_endpoints.find(path.endpoint)).model_dump(mode="json")


@api.patch(
    "/<endpoint>",
    summary="Change a webhook endpoint",
    description="A disabled one hears nothing. Enabled again, it hears what happens from then on.",
    responses={200: WebhookEndpointOut},
)
@requires("secret")
def update_webhook_endpoint(path: EndpointPath, body: WebhookEndpointChange) -> dict[str, Any]:
    endpoint = webhook_endpoints.hold(path.endpoint)
    webhook_endpoints.change(endpoint, url=body.url, events=body.events, description=body.description)
    if body.enabled is True:
        webhook_endpoints.enable(endpoint)
    elif body.enabled is False:
        webhook_endpoints.disable(endpoint, webhook_endpoints.ASKED)
    return WebhookEndpointOut.of(endpoint).model_dump(mode="json")


@api.delete("/<endpoint>", summary="Delete a webhook endpoint and its deliveries", responses={204: None})
@requires("secret")
def delete_webhook_endpoint(path: EndpointPath) -> tuple[str, int]:
    webhook_endpoints.remove(webhook_endpoints.hold(path.endpoint))
    return "", 204


@api.post(
    "/<endpoint>/rotate-secret",
    summary="Take a new secret",
    description="Shown this once. For 24 hours the one before signs along, so that nothing is refused meanwhile.",
    responses={200: WebhookEndpointWithSecret},
)
@requires("secret")
def rotate_webhook_secret(path: EndpointPath) -> dict[str, Any]:
    endpoint = webhook_endpoints.hold(path.endpoint)
    return _with_secret(endpoint, webhook_endpoints.rotate_secret(endpoint))


@api.post(
    "/<endpoint>/test",
    summary="Send a `webhook.test` at once",
    description="Answers with what came of it. It is sent once, to a disabled endpoint, too.",
    responses={200: WebhookDeliveryOut},
)
@requires("secret")
def check_webhook_endpoint(path: EndpointPath) -> dict[str, Any]:
    delivery = sender.send_test(webhook_endpoints.find(path.endpoint))
    return WebhookDeliveryOut.of(delivery).model_dump(mode="json")


@api.get(
    "/<endpoint>/deliveries",
    summary="What was sent, and what was answered",
    responses={200: WebhookDeliveryPage},
)
@requires("secret", "staff")
def list_webhook_deliveries(path: EndpointPath, query: DeliveriesQuery) -> dict[str, Any]:
    endpoint = webhook_endpoints.find(path.endpoint)
    before = deliveries.find(endpoint, query.before).id if query.before else None
    found = deliveries.page(endpoint, status=query.status, before=before, limit=query.limit + 1)
    rows = found[: query.limit]
    more = rows[-1].public_id if len(found) > query.limit else None
    data = [WebhookDeliveryOut.of(row) for row in rows]
    return WebhookDeliveryPage(data=data, has_more=more is not None, next=more).model_dump(mode="json")


@api.post(
    "/<endpoint>/deliveries/<delivery>/redeliver",
    summary="Send one again",
    description="Whatever became of it, with the same `webhook-id`. 409 where the endpoint is disabled.",
    responses={200: WebhookDeliveryOut},
)
@requires("secret")
def redeliver_webhook(path: DeliveryPath) -> dict[str, Any]:
    endpoint = webhook_endpoints.hold(path.endpoint)
    delivery = deliveries.find(endpoint, path.delivery)
    deliveries.redeliver(endpoint, delivery)
    return WebhookDeliveryOut.of(delivery).model_dump(mode="json")


@api.post(
    "/<endpoint>/recover",
    summary="Send again all that failed",
    description="After an outage of yours: everything written since then that was given up.",
    responses={200: WebhookRecoveryOut},
)
@requires("secret")
def recover_webhooks(path: EndpointPath, body: WebhookRecoveryIn) -> dict[str, Any]:
    endpoint = webhook_endpoints.hold(path.endpoint)
    return {"recovered": deliveries.recover(endpoint, body.since)}


def _with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    shown = WebhookEndpointOut.of(endpoint).model_dump(mode="json")
    return shown | {"secret": secret}


for view in (create_webhook_endpoint, rotate_webhook_secret):
    view.plg_answers_secrets = True
