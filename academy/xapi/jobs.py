"""What xAPI does as time passes: statements leave the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import current_app

from academy.xapi import lrs, outbox
from academy.xapi.lrs import CONFLICT, StatementsRefused, StoreUnavailable
from academy.xapi.models import XapiStatement
from plg.kit.db import db

Part = Sequence[XapiStatement]


def send_statements(moment: dt.datetime) -> int:
    """Send a batch of what is due. No transaction is open while the store is spoken to; what came of each part is
    committed by itself. Returns how many statements were settled; 0, which ends the turn, where the store is out of
    reach."""
    gateway = lrs.gateway_of(current_app)
    claimed = outbox.claim(moment) if gateway else []
    waiting: list[Part] = [claimed] if claimed else []
    while gateway and waiting:
        part = waiting.pop()
        try:
            gateway.send([row.statement for row in part])
        except StoreUnavailable as error:
            left = [row for each in (part, *waiting) for row in each]
            outbox.postpone(left, moment, str(error), error.retry_after)
            db.session.commit()
            return 0
        except StatementsRefused as error:
            waiting += _find_culprit(part, error)
        else:
            outbox.delivered(part)
        db.session.commit()
    return len(claimed)


def _find_culprit(part: Part, error: StatementsRefused) -> list[Part]:
    """The halves of what was refused, to be sent by themselves; nothing where it is down to one. Of that the store
    has had an earlier telling, where it speaks of a conflict: it needs no other."""
    if len(part) > 1:
        half = len(part) // 2
        return [part[half:], part[:half]]
    if error.status == CONFLICT:
        outbox.delivered(part)
    else:
        outbox.refused(part[0], str(error))
    return []
