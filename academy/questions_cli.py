"""`plg academy questions`: questions of other formats into the draft of a course, and out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from academy.texts import LANGUAGES
from plg.cli.access import transaction


@click.group("questions", epilog="Example: plg academy questions import exam.gift --course basics --dry-run")
def questions_command() -> None:
    """Bring questions from GIFT, Moodle XML, Aiken, QTI or OLX files, and write them as such.

    Whatever is not carried is named, with its place and the reason."""


@questions_command.command("import", epilog="Example: plg academy questions import exam.gift --course basics")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--course", help="Key of the course whose draft they come into; needed without --dry-run.")
@click.option("--bank", default="", help="Of that course; its quiz itself, without this.")
@click.option(
    "--english",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the same questions in English; SOURCE has them in Spanish then.",
)
@click.option("--format", "format_name", help="Name of the format; found out from the file, without this.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of it; nothing is kept.")
@click.option("--json", "as_json", is_flag=True, help="The reports as JSON.")
def import_questions(
    source: Path,
    course: str | None,
    bank: str,
    english: Path | None,
    format_name: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the questions of SOURCE, a file or a folder of files, into the draft of a course.

    Files such as vat.es.gift and vat.en.gift in a folder are one, in both languages. Nothing is published. A file
    that cannot be read is named, and the others are brought."""
    if not course and not dry_run:
        raise click.UsageError("Give --course, or --dry-run to see only what would become of it.")
    if english and source.is_dir():
        raise click.UsageError("--english goes with one file; in a folder, name files .es. and .en.")
    told = []
    with transaction():
        for path, other in _files(source, english):
            told.append(_one(path, other, course, bank, format_name, dry_run=dry_run))
            if not as_json:
                click.echo(told[-1]["text"])
    if as_json:
        click.echo(json.dumps([{k: v for k, v in each.items() if k != "text"} for each in told], indent=2))
    if any("refused" in each for each in told):
        raise click.exceptions.Exit(1)


def _files(source: Path, english: Path | None) -> list[tuple[Path, Path | None]]:
    """The files to read, each with the one that has its questions in English, where there is one."""
    if source.is_file():
        return [(source, english)]
    found = [path for path in sorted(source.iterdir()) if path.is_file() and not path.name.startswith(".")]
    if not found:
        raise click.UsageError(f"{source.name} holds no file.")
    others = {
        path: path.with_name(path.name.replace(".es.", ".en.", 1)) for path in found if ".es." in path.name
    }
    pairs = {path: other for path, other in others.items() if other in found}
    return [(path, pairs.get(path)) for path in found if path not in pairs.values()]


def _one(
    path: Path, other: Path | None, course: str | None, bank: str, format_name: str | None, *, dry_run: bool
) -> dict[str, Any]:
    """What became of one file: the report, or why it is refused."""
    from academy import draft_interchange, drafts, interchange

    try:
        reading = interchange.read(path.name, path.read_bytes(), format=format_name)
        if other:
            english = interchange.read(other.name, other.read_bytes(), format=format_name)
            reading = interchange.joined(reading, english, other.name)
        report, keys = reading.report, [each.key for each in reading.questions]
        if course and not dry_run:
            brought = draft_interchange.brought(drafts.work(course).files, reading, bank)
            draft_interchange.save(course, brought, edition=None, by="command line")
            report, keys = brought.report, list(brought.keys)
    except (
        interchange.FileUnreadable,
        interchange.FormatUnknown,
        interchange.QuestionFileTooLarge,
    ) as refusal:
        return {"file": path.name, "refused": _told(refusal), "text": f"{path.name}: {refusal.detail}"}
    return {"file": path.name, "questions": keys} | report.plain() | {"text": f"{path.name}: {report.text()}"}


def _told(refusal: Any) -> list[dict[str, str]]:
    return [{"where": each.field, "why": each.message} for each in refusal.errors] or [
        {"where": "the file", "why": refusal.detail}
    ]


@questions_command.command("export", epilog="Example: plg academy questions export basics --format moodle")
@click.argument("course")
@click.option("--format", "format_name", required=True, help="gift, moodle, aiken, qti22, qti3.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--bank", help="One bank; all questions of the draft, without this.")
@click.option("--out", type=click.Path(path_type=Path), help="The file; <course>.<ending> without this.")
def export_questions(
    course: str, format_name: str, language: str, bank: str | None, out: Path | None
) -> None:
    """Write the questions of the draft of COURSE (of its newest version, where there is none) as a file."""
    from academy import draft_interchange

    with transaction():
        writing = draft_interchange.take_out(course, format_name, language=language, bank=bank)
    path = out or Path(f"{course}.{language}{writing.ending}")
    path.write_bytes(writing.data)
    click.echo(f"{path}: {writing.report.text()}")
