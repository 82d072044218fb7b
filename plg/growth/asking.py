"""What the query of a growth page asks for, in the reader's language."""

from __future__ import annotations

import datetime as dt

from flask import request
from flask_babel import get_locale

from plg.growth import asked, config
from plg.growth.asked import Asked
from plg.segments import named


def this() -> tuple[Asked, list[tuple[str, str]]]:
    """What the form asks for, and the segments that it can name, with their titles."""
    titles = {key: each["title"] for key, each in named.every().items()}
    what = asked.read(request.args, config.live(), titles)
    return what, [(key, each.get(locale()) or next(iter(each.values()))) for key, each in titles.items()]


def days(what: Asked) -> tuple[dt.date, dt.date] | None:
    """The days that were asked for; None where a report's own hold."""
    return (what.first, what.last) if "from" in given(what) else None


def given(what: Asked) -> dict[str, str]:
    """What of the query was given, so that links keep it and a report's own days hold where there is none."""
    return {} if what.faults else {n: v for n, v in what.arguments.items() if request.args.get(n)}


def locale() -> str:
    return getattr(get_locale(), "language", "en")
