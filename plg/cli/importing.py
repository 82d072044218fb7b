"""`plg import`: history from files."""

from __future__ import annotations

from pathlib import Path

import click

from plg.cli.access import transaction


@click.group()
def import_command() -> None:
    """Bring in history from files."""


@import_command.command("events", epilog='Example: plg import events history.csv --map "Customer no=user"')
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "pairs", metavar="COLUMN=FIELD", multiple=True, help="What a column means.")
@click.option("--from-start", is_flag=True, help="Read all of it again, also what an earlier run has read.")
@click.pass_context
def import_events_command(ctx: click.Context, file: Path, pairs: tuple[str, ...], from_start: bool) -> None:
    """Read events from FILE: .csv, .tsv, .jsonl or .ndjson, also gzipped.

    Columns: event, user, anonymous, account, time, id, properties (an object); the others become properties. Usual
    names are known (`user_id`, `timestamp`, …), others are told: --map "Customer no=user". JSON lines may also be
    Segment calls or PostHog events. Ends with 1 where rows are broken: each is named, the others are kept.
    """
    from flask import current_app
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from plg.capture.importing import check_mapping, import_events

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with transaction(), Progress(*columns, console=Console(stderr=True)) as bar:
        settings = current_app.extensions["plg.settings"]
        task = bar.add_task(file.name, total=file.stat().st_size)
        summary = import_events(
            file,
            check_mapping(pairs),
            settings.account_groups,
            progress_dir=settings.data_dir / "imports",
            on_fault=lambda line, reason: bar.console.print(
                f"line {line}: {reason}", markup=False, highlight=False, soft_wrap=True
            ),
            on_bytes=lambda position: bar.update(task, completed=position),
            from_start=from_start,
        )
    kept = f"{summary.kept} kept ({summary.known} were there already)"
    click.echo(f"{summary.rows} rows read: {kept}, {summary.broken} broken.")
    if summary.broken:
        ctx.exit(1)
