"""Refusals: what plg answers when it will not do a thing (RFC 9457 problem details)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (`field`, a path such as `steps.2.title`) and why."""

    field: str
    message: str


class Refusal(Exception):  # noqa: N818 - refusals are answers, not mistakes of ours
    """Base of all refusals. The class name is the stable `code`: `LimitReached` -> `limit_reached`."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"

    def __init__(self, detail: str = "", *, errors: Iterable[Fault] = (), **data: Any) -> None:
        self.errors = list(errors)
        named = "; ".join(f"{fault.field}: {fault.message}" for fault in self.errors[:5])
        self.detail = detail or named or self.title
        super().__init__(self.detail)
        self.data = data

    @property
    def code(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def to_problem(self) -> dict[str, Any]:
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            problem["errors"] = [asdict(error) for error in self.errors]
        return problem | self.data


class BadRequest(Refusal):
    pass


class Unauthorized(Refusal):
    status = 401
    title = "Who is asking is not known"


class Forbidden(Refusal):
    status = 403
    title = "Not allowed"


class NotFound(Refusal):
    status = 404
    title = "Not found"


class Conflict(Refusal):
    status = 409
    title = "Not possible in the present state"


class TooLarge(Refusal):
    status = 413
    title = "Too large"


class Unprocessable(Refusal):
    status = 422
    title = "The content is not of the right form"


class TooManyRequests(Refusal):
    status = 429
    title = "Too many requests"


class TryAgain(Refusal):
    """The database cannot take it now: nothing was stored, and asking again is safe."""

    status = 503
    title = "Try again in a moment"


class FolderFaults(Unprocessable):
    """A product folder that cannot be read: every fault with its file and path."""

    title = "The product folder has faults"
