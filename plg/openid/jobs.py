"""What the OpenID provider does as time passes."""

from __future__ import annotations

import datetime as dt

from plg.kit.db import db
from plg.openid import grants, keys


def rotate_keys(moment: dt.datetime) -> int:
    """Let the next key take over from one that signed for long, and forget keys that nothing needs any more."""
    keys.rotate_old(moment)
    keys.forget_retired(moment)
    db.session.commit()
    return 0


def forget_ended(moment: dt.datetime) -> int:
    """Delete codes and tokens that have expired."""
    return grants.forget_ended(moment)
