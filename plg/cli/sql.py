"""`plg sql`: ask the copy of the log."""

from __future__ import annotations

import csv
import io
import json

import click

from plg.cli.access import transaction


@click.command(epilog="Example: plg sql 'SELECT name, count(*) FROM events GROUP BY name' --format csv")
@click.argument("query")
@click.option("--format", "format_", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
def sql_command(query: str, format_: str) -> None:
    """Answer one SELECT over events, people, accounts and sessions, in DuckDB's SQL."""
    from plg.sql import queries

    with transaction():
        found = queries.ask(query, by="command line")
    names = [each["name"] for each in found.columns]
    if format_ == "json":
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in found.rows], ensure_ascii=False))
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *found.rows])
        click.echo(text.getvalue(), nl=False)
    if found.truncated:
        click.echo("There are more rows.", err=True)
