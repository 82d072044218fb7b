"""The reasons of a decision in words, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, ngettext


def sentence(signal: str, detail: Mapping[str, Any]) -> str:
    """What a signal saw, for staff and for the host product's developers."""
    told = _SENTENCES.get(signal)
    return told(detail) if told else signal


def name(signal: str) -> str:
    """A signal's name, for tables."""
    names = {
        "mailbox": gettext("Same mailbox"),
        "card": gettext("Same card"),
        "device": gettext("Same browser"),
        "disposable": gettext("Disposable address"),
        "network": gettext("Busy network"),
        "texts": gettext("Link in a name"),
        "program": gettext("Not a browser"),
        "haste": gettext("Filled in too fast"),
        "company": gettext("Colleagues are here"),
    }
    return names.get(signal, signal)


def _mailbox(detail: Mapping[str, Any]) -> str:
    return ngettext(
        "The same mailbox, written in another way, has a trial already.",
        "The same mailbox, written in other ways, has %(num)d trials already.",
        detail.get("num", 1),
    )


def _card(detail: Mapping[str, Any]) -> str:
    return ngettext(
        "The same card stands behind the trial of another workspace.",
        "The same card stands behind the trials of %(num)d other workspaces.",
        detail.get("num", 1),
    )


def _device(detail: Mapping[str, Any]) -> str:
    return ngettext(
        "Another workspace with a trial was opened in this browser.",
        "%(num)d other workspaces with a trial were opened in this browser.",
        detail.get("num", 1),
    )


def _company(detail: Mapping[str, Any]) -> str:
    return ngettext(
        "People of the same company have a workspace here.",
        "People of the same company have %(num)d workspaces here.",
        detail.get("num", 1),
    )


def _network(detail: Mapping[str, Any]) -> str:
    return gettext(
        "Many sign-ups came from the same network: %(num)s in an hour, %(day)s in a day.",
        num=detail.get("num", 0),
        day=detail.get("day", 0),
    )


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "mailbox": _mailbox,
    "card": _card,
    "device": _device,
    "company": _company,
    "network": _network,
    "disposable": lambda detail: gettext(
        "%(domain)s gives mailboxes to be thrown away.", domain=detail.get("domain", "")
    ),
    "texts": lambda detail: gettext("The name or the company holds a link."),
    "program": lambda detail: gettext("The form was sent by a program, not by a usual browser."),
    "haste": lambda detail: gettext(
        "The form was filled in within %(seconds)s seconds.", seconds=detail.get("seconds", 0)
    ),
}
