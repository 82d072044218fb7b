"""`plg exports`: what leaves by schedule."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group(epilog="Example: plg exports add events --folder events --every hour")
def exports_command() -> None:
    """Have events, people, accounts and saved reports leave as Parquet or CSV, for a folder or an object store."""


@exports_command.command()
@click.argument("content", type=click.Choice(["events", "people", "accounts", "report"]))
@click.option(
    "--folder", required=True, help="One of its own, below the data's exports or the bucket's prefix."
)
@click.option(
    "--format", "format_", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True
)
@click.option("--target", type=click.Choice(["folder", "s3"]), default="folder", show_default=True)
@click.option("--every", type=click.Choice(["hour", "day"]), default="day", show_default=True)
@click.option("--report", default="", help="The saved report (rep_…) that leaves.")
def add(content: str, folder: str, format_: str, target: str, every: str, report: str) -> None:
    """Have CONTENT leave from now on."""
    from plg.exports import exports

    with transaction():
        told = {"format_": format_, "target": target, "folder": folder, "every": every, "report": report}
        click.echo(exports.add(content, by="command line", **told).public_id)


@exports_command.command("list")
def list_exports() -> None:
    """All exports, newest first, and how the last run of each went."""
    from plg.exports import exports

    with transaction():
        last, rows = exports.newest_runs(), exports.every_one()
        for row in rows:
            run = last.get(row.id)
            state = f"{run.status} {run.error}".strip() if run else "has not run yet"
            click.echo(
                f"{row.public_id}  {row.content:<9} {row.target}:{row.folder}/ every {row.every}  {state}"
            )
        if not rows:
            click.echo("There is no export.")


@exports_command.command()
@click.argument("export")
@click.option("--anew", is_flag=True, help="Everything leaves again.")
def run(export: str, anew: bool) -> None:
    """Run EXPORT (exp_…) now and wait for it."""
    from plg.exports import exports, running
    from plg.exports.models import FAILED
    from plg.kit.clock import now
    from plg.kit.db import db

    with transaction():
        row = exports.find(export)
        exports.run_soon(row, anew=anew)
        db.session.commit()
        running.run(row.id, now())
        (ended,) = exports.runs_of(exports.find(export), 1)
        if ended.status == FAILED:
            raise click.ClickException(ended.error)
        click.echo(f"{ended.files} files, {ended.rows} rows, {ended.bytes} bytes")


@exports_command.command()
@click.argument("export")
def delete(export: str) -> None:
    """Delete EXPORT (exp_…); what has left stays where it is."""
    from plg.exports import exports

    with transaction():
        exports.delete_export(exports.find(export))
