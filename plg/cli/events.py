"""`plg events`: parked events, retries and replays."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group()
def events_command() -> None:
    """Parked events, retries and replays."""


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
