"""`plg academy certificate`: how certificates stand, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from plg.cli.access import transaction

BY = "command line"


EXAMPLE = 'Example: plg academy certificate {} 9F3K-7QWX-2M8D-VT4H-P6RB --reason "Asked"'


@click.group("certificate", epilog=EXAMPLE.format("suspend"))
def certificate_command() -> None:
    """Show, correct, suspend, reinstate and revoke certificates. CODE is what is printed on one."""


@certificate_command.command(epilog="Example: plg academy certificate show 9F3K-7QWX-2M8D-VT4H-P6RB")
@click.argument("code")
def show(code: str) -> None:
    """What certificate CODE says, and what was done about it."""
    from academy import certificates
    from academy.certificates import history
    from plg.kit.db import reading

    with reading(), transaction():
        found = certificates.find(code)
        facts, entries = certificates.facts_of(found), history.of(found)
    until = f" until {facts.expires_on}" if facts.expires_on else ""
    click.echo(f"{facts.code}  {facts.person_name}  {facts.title['en']}, version {facts.course_version}")
    click.echo(f"{facts.status}{until}")
    for each in entries:
        said = f"  by {each.by}: {each.reason}" if each.reason else ""
        click.echo(f"{each.at:%Y-%m-%d %H:%M}  {each.what:<13}{each.name}{said}")


def _standing(name: str, says: str) -> None:
    @certificate_command.command(
        name,
        help=says,
        epilog=EXAMPLE.format(name),
    )
    @click.argument("code")
    @click.option("--reason", required=True, help="Kept with the certificate.")
    def act(code: str, reason: str) -> None:
        from academy import certificates

        verbs: dict[str, Callable[..., Any]] = {
            "suspend": certificates.suspend,
            "reinstate": certificates.reinstate,
            "revoke": certificates.revoke,
        }
        with transaction():
            verbs[name](certificates.find(code), reason, by=BY)
            status = certificates.facts_of(certificates.find(code)).status
        click.echo(f"It is {status}.")


_standing("suspend", "Certificate CODE does not hold until it is reinstated.")
_standing("reinstate", "The suspended certificate CODE holds again.")
_standing("revoke", "Certificate CODE holds no more, for good.")


@certificate_command.command(
    epilog='Example: plg academy certificate correct 9F3K-7QWX-2M8D-VT4H-P6RB --name "Ana López" --reason Misspelt'
)
@click.argument("code")
@click.option("--name", help="The holder's, as it ought to be.")
@click.option("--title-es", help="The course's, as it ought to be; in both languages.")
@click.option("--title-en", help="The same in English.")
@click.option("--reason", required=True, help="Kept with the certificate.")
def correct(code: str, name: str | None, title_es: str | None, title_en: str | None, reason: str) -> None:
    """Make the next edition of certificate CODE, under the same code."""
    from academy import certificates

    title = {"es": title_es or "", "en": title_en or ""} if title_es or title_en else None
    with transaction():
        made = certificates.correct(certificates.find(code), name=name, title=title, reason=reason, by=BY)
        edition = made.edition
    click.echo(f"It is edition {edition} now.")


@click.command(
    "catch-up",
    epilog='Example: plg academy catch-up facturo-essentials --to 4 --within 60d --reason "New rules"',
)
@click.argument("course")
@click.option("--to", type=int, required=True, help="The number of the live version.")
@click.option(
    "--within", default="60d", show_default=True, help="How long older certificates hold from today, at most."
)
@click.option("--reason", default="", help="Kept with every certificate; needed without --dry-run.")
@click.option("--dry-run", is_flag=True, help="Only say what would change for how many.")
def catch_up_command(course: str, to: int, within: str, reason: str, dry_run: bool) -> None:
    """Certificates of older versions of COURSE end sooner; their holders renew them by the exam for the live one."""
    from academy.certificates import catching_up

    with transaction():
        if dry_run:
            found = catching_up.plan(course, to=to, within=within)
        else:
            found = catching_up.apply(course, to=to, within=within, reason=reason, by=BY)
    for each in found.holders:
        click.echo(f"version {each.version}: {each.sooner} end sooner, {each.as_before} as before")
    kind = "shorter exam" if found.is_short else "whole exam"
    click.echo(f"{found.sooner} hold until {found.last_on}; the {kind} has {found.questions} questions.")
    click.echo("Nothing was changed." if dry_run else "The worker writes to them.")
