"""`plg columns`: the columns that reports read, embedded or on ClickHouse."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group(name="columns")
def columns_command() -> None:
    """The columnar copy of the log that reports read. The worker keeps it up to date by itself."""


@columns_command.command()
@click.option(
    "--anew", is_flag=True, help="Read the whole log again; reports show what was there until it is done."
)
def fill(anew: bool) -> None:
    """Copy now what the columns lack: after PLG_CLICKHOUSE_URL was set for the first time, or a restore."""
    from sqlalchemy import func, select

    from plg.events.models import Event
    from plg.growth import snapshots, subscribers
    from plg.kit.db import db

    with transaction():
        held = 0 if anew else snapshots.newest().events
        total = db.session.scalar(select(func.count()).select_from(Event)) or 0
        with click.progressbar(length=max(total - held, 0), label="Events") as bar:
            read = subscribers.catch_up(anew=anew, told=bar.update)
        click.echo(f"{read} events read; the columns hold {snapshots.newest().events}.")
