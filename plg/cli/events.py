"""`plg events`: parked events, retries, replays, a restored log."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group()
def events_command() -> None:
    """Parked events, retries and replays; a log restored from another server."""


@events_command.command()
def parked() -> None:
    """Events that a subscriber could not take, with the reason."""
    from sqlalchemy import select

    from plg.events.models import ParkedEvent
    from plg.kit.db import db

    with transaction():
        rows = db.session.scalars(select(ParkedEvent).where(ParkedEvent.resolved_at.is_(None))).all()
        for row in rows:
            reason = row.error.strip().splitlines()[-1]
            click.echo(f"{row.id:>6}  {row.subscriber:<20} event {row.position:<10} {reason}")
        if not rows:
            click.echo("Nothing is parked.")


@events_command.command()
@click.argument("ids", nargs=-1, type=int)
def retry(ids: tuple[int, ...]) -> None:
    """Try parked events again: those with these numbers, or all."""
    from flask import current_app

    from plg import wiring

    with transaction():
        resolved, failing = wiring.runner_of(current_app).retry_parked(list(ids) or None)
    click.echo(f"{resolved} resolved, {failing} still failing.")


@events_command.command()
@click.argument("subscriber")
@click.option("--since", type=click.DateTime(), help="UTC; default: from the beginning.")
def replay(subscriber: str, since: object) -> None:
    """Let SUBSCRIBER hear the log again. Effects that were made are not made twice."""
    import datetime as dt

    from plg.events import subscribers

    moment = since.replace(tzinfo=dt.UTC) if isinstance(since, dt.datetime) else None
    with transaction():
        subscribers.replay(subscriber, since=moment)
    click.echo(f"{subscriber} hears the log again; `plg status` shows how far it is.")


@events_command.command()
def renumber() -> None:
    """Number the log for this PostgreSQL server, after a restore from another one.

    Events carry the number of their transaction. A server that has not come as far as the one the dump was made on
    gives lower numbers to new events than the subscribers have passed, so that nobody would read them: `plg worker`
    does not start, and `plg doctor` says why. This gives the restored events low numbers and leaves every
    subscriber before the event that it would have read next. All or nothing, in one transaction; meanwhile no event
    can be stored. Stop the workers first. Where nothing is wrong, and on SQLite, it does nothing.
    """
    from rich.console import Console
    from rich.progress import Progress

    from plg.events import renumbering

    with transaction(), Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("events", total=None)
        count = renumbering.renumber(lambda done, total: bar.update(task, completed=done, total=total))
    if count is None:
        click.echo("Nothing to do: the log carries this database's own numbers.")
    else:
        click.echo(
            f"{count} events have new numbers; each subscriber goes on where it was. Start the worker."
        )
