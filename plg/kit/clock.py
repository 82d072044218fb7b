"""The clock: time is UTC and aware, everywhere."""

import datetime as dt


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
