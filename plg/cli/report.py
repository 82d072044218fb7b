"""`plg report`: any report on the command line."""

from __future__ import annotations

from typing import Any, TextIO

import click

from plg.cli.access import transaction


@click.command(
    epilog="Examples: plg report funnel --example > funnel.json; "
    "plg report funnel --definition funnel.json --days 30 --format csv. The page /api explains every field."
)
@click.argument("kind")
@click.option("--example", is_flag=True, help="Print a definition to begin with, and what the numbers mean.")
@click.option(
    "--definition", type=click.File(), default="-", show_default=True, help="JSON, as the API takes it."
)
@click.option(
    "--days", type=click.IntRange(1, 3660), help="So many days up to now, whatever the definition says."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "csv", "svg", "vega-lite"]),
    default="json",
    show_default=True,
)
@click.option("--table", help="Which table, for CSV.")
def report_command(
    kind: str, example: bool, definition: TextIO, days: int | None, format_: Any, table: str | None
) -> None:
    """Answer a report: funnel, trend, retention, lifecycle, stickiness, paths, activation, time-to-value,
    trial-to-paid."""
    from plg.growth import answers, downloads

    if example:
        _print_example(kind)
        return
    with transaction():
        asked = answers.parse(kind, _ranged(definition, days))
        found = downloads.download(kind, answers.answer(kind, asked), format_, table)
    click.echo(found.get_data(as_text=True).rstrip("\n"))


def _print_example(kind: str) -> None:
    """The definition on the output, its meaning beside it, where it is no part of a file."""
    import json

    from plg.growth import answers
    from plg.kit.errors import Refusal

    try:
        report = answers.report_of(kind)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    extra: Any = report.definition.model_config["json_schema_extra"]
    click.echo(report.meaning, err=True)
    click.echo(json.dumps(extra["example"], indent=2))


def _ranged(definition: TextIO, days: int | None) -> Any:
    """The definition of the file, of the last days where they are given."""
    import datetime as dt
    import json

    from plg.kit.clock import now

    try:
        told = json.load(definition)
    except json.JSONDecodeError as error:
        raise click.ClickException(f"The definition is no JSON: {error}") from None
    if days is None or not isinstance(told, dict):
        return told
    return told | {"from": (now() - dt.timedelta(days=days)).isoformat(), "to": now().isoformat()}
