"""`plg academy import`: packages become drafts of courses, and a report tells what became of each element."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plg.cli.access import transaction

if TYPE_CHECKING:
    from academy.packages.importing import Heard, Imported

PACKAGES: Final = (".zip", ".imscc", ".gift", ".xml", ".txt")


@click.command("import", epilog="Example: plg academy import course.imscc --dry-run")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "key", default="", help="Key of the new course; made from its title, without this.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of it; nothing is kept.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def import_command(source: Path, key: str, dry_run: bool, as_json: bool) -> None:
    """Make drafts of courses from packages: Common Cartridge 1.1 to 1.3, SCORM 1.2; or from files of questions.

    SOURCE is a package, the folder of an unpacked one, or a folder of packages. Nothing is published: look at the
    draft first. What is not carried is named, each with the reason."""
    sources = _packages(source)
    if key and len(sources) != 1:
        raise click.UsageError("--as names the course of one package, and there are several.")
    told = []
    with transaction(), _told_on_the_way() as heard:
        for each in sources:
            told.append(_one(each, key, heard, dry_run=dry_run))
            if not as_json:
                click.echo("\n".join(told[-1].pop("text")))
    if as_json:
        click.echo(json.dumps([{k: v for k, v in each.items() if k != "text"} for each in told], indent=2))
    if any("refused" in each for each in told):
        raise click.exceptions.Exit(1)


def _packages(source: Path) -> list[Path]:
    if source.is_file() or any(path.name.lower() == "imsmanifest.xml" for path in source.iterdir()):
        return [source]
    found = [path for path in sorted(source.iterdir()) if path.suffix.lower() in PACKAGES]
    if not found:
        raise click.UsageError(f"{source.name} holds no package ({', '.join(PACKAGES)}).")
    return found


def _one(path: Path, key: str, heard: Heard, *, dry_run: bool) -> dict[str, Any]:
    """The report of one package; of one that is refused, why, and nothing of it stays."""
    from academy.packages import importing
    from plg.kit.db import db
    from plg.kit.errors import Refusal

    try:
        if dry_run:
            return _told(path, importing.inspect(path, key, heard=heard))
        with db.session.begin_nested():
            return _told(path, importing.make_draft(path, key, by="command line", heard=heard))
    except Refusal as refusal:
        errors = [{"field": each.field, "message": each.message} for each in refusal.errors]
        faults = [f"  {each['field'] or path.name}: {each['message']}" for each in errors]
        said = f"{path.name} is not taken" + (":" if faults else f": {refusal.detail}")
        return {
            "source": path.name,
            "refused": refusal.code,
            "detail": refusal.detail,
            "errors": errors,
            "text": [said, *faults],
        }


def _told(path: Path, found: Imported) -> dict[str, Any]:
    report = found.content.report
    made = "the draft of" if found.draft else "would become"
    counts = "{lessons} lessons, {questions} questions, {files} files".format(**found.plain())
    faults = [f"  ? {each.field}: {each.message}" for each in found.faults]
    text = [f"{path.name}: {made} {found.key!r}, {counts}", *report.lines(), *faults]
    return {"source": path.name, "text": text, **found.plain()}


@contextmanager
def _told_on_the_way() -> Iterator[Heard]:
    """How far it is, on the standard error of a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda what, done, whole: bar.update(task, description=what, completed=done, total=whole)
