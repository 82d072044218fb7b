"""`plg signups`: what the rules decided, and how right they were."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group()
def signups_command() -> None:
    """Sign-ups: what the rules decided, and how right they were."""


@signups_command.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="How far back.")
def report(days: int) -> None:
    """Decisions, those that wait for staff, and for each signal how often staff agreed with it."""
    from plg.signups import report

    with transaction():
        found = report.of_last(days)
    click.echo(f"{found.signups} sign-ups in {days} days, {found.waiting} wait for staff")
    for decision, count in found.by_decision.items():
        click.echo(f"  {decision:<8} {count:>6}")
    rate = found.false_positive_rate
    click.echo(f"Held by mistake: {found.all.overruled} ({_share(rate)} of those let in)")
    if not found.signals:
        click.echo("Staff has not judged a held sign-up yet.")
        return
    click.echo(f"{'signal':<12} {'looked at':>10} {'rightly':>8} {'mistake':>8} {'precision':>10}")
    for signal, judged in found.signals.items():
        numbers = f"{judged.reviewed:>10} {judged.confirmed:>8} {judged.overruled:>8}"
        click.echo(f"{signal:<12} {numbers} {_share(judged.precision):>10}")


@signups_command.command()
def waiting() -> None:
    """Those that wait for staff, newest first, with their reasons."""
    from plg.signups import queue

    with transaction():
        rows = queue.page(waits_for="staff", limit=200)
    for row in rows:
        why = ", ".join(reason.signal for reason in row.newest_reasons)
        click.echo(f"{row.case.public_id}  {row.newest.score:>4}  {row.person.email or '-'}  {why}")
    if not rows:
        click.echo("Nobody waits.")


def _share(value: float | None) -> str:
    return "none yet" if value is None else f"{value:.0%}"
