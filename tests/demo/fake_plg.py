"""A plg of a few lines, for tests of the host product alone: keeps what arrives, answers what it is told."""

from typing import Any

from flask import Flask, request


class FakePlg:
    """`events` are (name, user id, account id) in order; `entitlement` is the next answer, or a status."""

    def __init__(self) -> None:
        self.forget()
        self.app = Flask(__name__)
        self.app.post("/v1/batch")(self._segment)
        self.app.post("/batch/")(self._posthog)
        self.app.get("/v1/entitlements/<feature>")(self._entitlement)
        self.app.post("/v1/entitlements/<feature>/refusals")(self._refusal)

    def forget(self) -> None:
        """Be as new."""
        self.events: list[tuple[str, str, str | None]] = []
        self.asked: list[tuple[str, str, str]] = []
        self.refused: list[tuple[str, dict[str, str]]] = []
        self.entitlement: dict[str, Any] | int = {"feature": "invoices", "allowed": True}

    def _segment(self) -> dict[str, bool]:
        for message in request.get_json()["batch"]:
            account = message.get("groupId") or message["context"].get("groupId")
            self.events.append((message.get("event", message["type"]), message["userId"], account))
        return {"success": True}

    def _posthog(self) -> dict[str, str]:
        for message in request.get_json()["batch"]:
            account = message["properties"]["$groups"]["account"]
            self.events.append((message["event"], message["distinct_id"], account))
        return {"status": "Ok"}

    def _refusal(self, feature: str) -> Any:
        self.refused.append((feature, request.get_json()))
        return self.entitlement if isinstance(self.entitlement, dict) else ("", self.entitlement)

    def _entitlement(self, feature: str) -> Any:
        self.asked.append((feature, request.args["account"], request.headers["Authorization"]))
        return self.entitlement if isinstance(self.entitlement, dict) else ("", self.entitlement)
