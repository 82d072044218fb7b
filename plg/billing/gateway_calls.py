"""What all requests of the gateway to Stripe share."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


class Calls:
    """Requests to Stripe by name, through the SDK's client."""

    @property
    def _v1(self) -> Any:
        """The SDK's first version of the API."""
        raise NotImplementedError


def once(key: str) -> dict[str, str]:
    """Options of a request that is carried out once, however often it arrives."""
    return {"idempotency_key": key}


def or_none(read: Any) -> Object | None:
    """What is read, or None where Stripe has no such thing."""
    from stripe import InvalidRequestError

    try:
        return read().to_dict()
    except InvalidRequestError as error:
        if error.code == "resource_missing":
            return None
        raise
