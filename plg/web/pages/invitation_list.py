"""A list of addresses to invite, as people paste or upload it: `address` or `address,role` a line."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from flask_babel import gettext

from plg.web.pages import checks

ROLES = {
    **dict.fromkeys(("owner", "propietario", "propietaria", "dueño", "dueña"), "owner"),
    **dict.fromkeys(("admin", "administrator", "administrador", "administradora"), "admin"),
    **dict.fromkeys(("billing", "facturación", "facturacion"), "billing"),
    **dict.fromkeys(("member", "miembro"), "member"),
}
HEADINGS = frozenset({"email", "e-mail", "mail", "address", "correo", "correo electrónico", "dirección"})


@dataclass
class InvitationList:
    """good: (address, role) of each right line. faults: (line, what stands there, what is wrong with it).
    fault: what is wrong with the whole."""

    MAX_BYTES: ClassVar[int] = 200_000
    MAX_LINES: ClassVar[int] = 500

    text: str = ""
    fault: str = ""
    good: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def read_list(
    upload: bytes, pasted: str, role: str, *, may_give: Collection[str], members: Collection[str]
) -> InvitationList:
    """Read the file, or what was pasted. role: of lines that name none. may_give: the roles that the inviter can
    give. members: addresses that are members already."""
    text = _decoded(upload) if upload.strip() else pasted
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    found = InvitationList(text)
    if len(upload) > found.MAX_BYTES or len(text) > found.MAX_BYTES:
        return InvitationList(fault=gettext("The list is too long. Send it in several parts."))
    seen: set[str] = set()
    for number, cells in _lines(text):
        if len(found.good) + len(found.faults) >= found.MAX_LINES:
            found.fault = gettext("Use at most %(num)s lines.", num=found.MAX_LINES)
            return found
        address, named, fault = _read(cells, role, may_give, members, seen)
        if fault:
            found.faults.append((number, ", ".join(filter(None, cells))[:100], fault))
        else:
            seen.add(address)
            found.good.append((address, named))
    return found


def _read(
    cells: list[str], role: str, may_give: Collection[str], members: Collection[str], seen: Collection[str]
) -> tuple[str, str, str]:
    """(address, role, fault) of one line."""
    address, fault = checks.email(cells[0])
    written = cells[1].lower() if len(cells) > 1 else ""
    named = ROLES.get(written, written) or role
    if fault:
        return address, named, gettext("This is no e-mail address.")
    if named not in may_give:
        known = named in ROLES.values()
        return (
            address,
            named,
            gettext("You cannot give this role.") if known else gettext("There is no such role."),
        )
    if address in seen:
        return address, named, gettext("The address stands here twice.")
    if address in members:
        return address, named, gettext("This person is a member already.")
    return address, named, ""


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line that is not empty; a first line of headings is left out."""
    for number, line in enumerate(text.split("\n"), 1):
        delimiter = next((mark for mark in ("\t", ";", ",") if mark in line), ",")
        cells = [cell.strip() for cell in next(csv.reader([line[:1000]], delimiter=delimiter), [])]
        if any(cells) and not (number == 1 and cells[0].lower() in HEADINGS):
            yield number, cells


def _decoded(upload: bytes) -> str:
    """UTF-8, or what spreadsheets write where that is not it."""
    try:
        return upload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return upload.decode("cp1252", "replace")
