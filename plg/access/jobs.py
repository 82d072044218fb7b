"""What access does as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from plg.access.models import IdempotentRequest, OneTimeToken
from plg.kit.db import db

ANSWERS_KEPT = dt.timedelta(days=2)
TOKENS_KEPT = dt.timedelta(days=7)
BATCH = 1000


def forget_answers(moment: dt.datetime) -> int:
    """Forget the answers to requests that nobody repeats any more; their keys may be used anew."""
    old = delete(IdempotentRequest).where(IdempotentRequest.created_at < moment - ANSWERS_KEPT)
    db.session.execute(old)
    return 0


def forget_tokens(moment: dt.datetime) -> int:
    """Forget links and challenges that expired a week ago: until then a new link may carry on from the last one."""
    old = select(OneTimeToken.id).where(OneTimeToken.expires_at < moment - TOKENS_KEPT).limit(BATCH)
    gone = delete(OneTimeToken).where(OneTimeToken.id.in_(old))
    return db.session.connection().execute(gone).rowcount
