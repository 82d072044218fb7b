"""What access does as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete

from plg.access.models import IdempotentRequest
from plg.kit.db import db

ANSWERS_KEPT = dt.timedelta(days=2)


def forget_answers(moment: dt.datetime) -> int:
    """Forget the answers to requests that nobody repeats any more; their keys may be used anew."""
    old = delete(IdempotentRequest).where(IdempotentRequest.created_at < moment - ANSWERS_KEPT)
    db.session.execute(old)
    return 0
