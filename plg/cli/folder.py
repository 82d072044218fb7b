"""`plg plan`, `plg apply` and `plg export`: the product as a folder."""

from __future__ import annotations

from pathlib import Path

import click

from plg.cli.access import transaction

_folder = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
_prune = click.option("--prune", is_flag=True, help="Also end what is published but not in the folder.")
SIGNS = {"new": "+", "changed": "~", "gone": "-", "same": " "}


@click.command(epilog="Example: plg export product && plg plan product")
@_folder
@_prune
def plan_command(folder: Path, prune: bool) -> None:
    """Show what `plg apply FOLDER` would change. Changes nothing."""
    from flask import current_app

    from plg import product_folder

    with transaction():
        _print(product_folder.plan(current_app, folder), prune)


@click.command(epilog="Example: plg plan product && plg apply product")
@_folder
@_prune
def apply_command(folder: Path, prune: bool) -> None:
    """Publish FOLDER as new versions; all of it, or nothing where anything is wrong."""
    from flask import current_app

    from plg import product_folder

    with transaction():
        changes = product_folder.apply(current_app, folder, prune=prune, by="command line")
        _print(changes, prune)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_command(folder: Path) -> None:
    """Write what is published now to FOLDER."""
    from flask import current_app

    from plg import product_folder

    with transaction():
        product_folder.export(current_app, folder)
    click.echo(f"Written to {folder}.")


def _print(changes: list, prune: bool) -> None:
    for change in changes:
        if change.what == "gone" and not prune:
            click.echo(f"  {change.section} {change.key}: not in the folder, stays (--prune ends it)")
        else:
            click.echo(f"{SIGNS[change.what]} {change.section} {change.key}")
    count = sum(change.what in {"new", "changed"} for change in changes)
    click.echo(f"{count} to publish." if count else "Nothing to publish.")
