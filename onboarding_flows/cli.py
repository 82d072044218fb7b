"""`plg flows`: flows, their versions and drafts, going back, and moving people to the live version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click

from plg.cli.access import transaction

BY: Final = "command line"


@click.group(epilog="Example: plg flows migrate getting-started 1 --map tour=walk --dry-run")
def flows_command() -> None:
    """Flows, their versions and drafts, going back, and moving people to the live version."""


@flows_command.command("list")
def list_flows() -> None:
    """Every flow, its live version and how many have begun it."""
    from onboarding_flows import lifecycle

    with transaction():
        found = lifecycle.all_flows()
    for each in found:
        live = f"version {each['live_version']}" if each["live_version"] else "not live"
        draft = "  draft" if each["draft_saved_at"] else ""
        click.echo(
            f"{each['flow']:<30} {live:<12} {each['enrolled']:>7} begun {each['completed']:>7} completed{draft}"
        )
    if not found:
        click.echo("There is no flow.")


@flows_command.command()
@click.argument("flow")
def versions(flow: str) -> None:
    """Every version of FLOW, and how many people or accounts are on it."""
    from onboarding_flows import lifecycle, moving

    with transaction():
        found, running = lifecycle.versions_of_flow(flow), moving.running(flow)
        for each in found:
            at = each["published_at"].strftime("%Y-%m-%d %H:%M")
            state = "live" if each["live"] else "retired" if each["retired_at"] else ""
            click.echo(
                f"{each['version']:>4}  {state:<8} {at}  {each['enrolled']:>7} begun "
                f"{each['completed']:>7} completed  {each['published_by']}"
            )
        if running is not None:
            _print_progress(moving.shown(running))


@flows_command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def draft(file: Path) -> None:
    """Save FILE (YAML) as the draft of the flow of its name, and say what is wrong with it."""
    from onboarding_flows import drafts

    definition = _definition(file)
    with transaction():
        saved = drafts.save(file.stem, definition, by=BY, source=file.read_text(encoding="utf-8"))
    for fault in saved.faults:
        click.echo(f"  {fault.field}: {fault.message}")
    click.echo(f"Saved with {len(saved.faults)} faults." if saved.faults else "Saved; it can be published.")


def _definition(file: Path) -> dict[str, Any]:
    import yaml

    from plg.kit.strict_yaml import read_yaml

    try:
        definition = read_yaml(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise click.ClickException(" ".join(str(error).split())) from None
    if not isinstance(definition, dict):
        raise click.ClickException("The file holds no flow.")
    return definition


def _days(_context: click.Context, _option: click.Parameter, text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}d", text):
        raise click.BadParameter("write it as 90d")
    return int(text[:-1])


@flows_command.command("try", epilog="Example: plg flows try flows/getting-started.yaml --last 90d")
@click.argument("flow", metavar="FLOW|FILE.yaml")
@click.option("--last", "last_days", default="90d", show_default=True, callback=_days, help="How far back.")
@click.option("--version", type=click.IntRange(1, 2**31 - 1), help="Try this version of FLOW.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with stable keys.")
def try_flow(flow: str, last_days: int, version: int | None, as_json: bool) -> None:
    """What would have come of the draft of FLOW (of its live version, where it has none), or of FILE.

    Who would have begun and completed it, where they would be stuck, and how that differs from today. Nothing is
    changed."""
    from rich.console import Console
    from rich.progress import Progress

    from onboarding_flows import try_table, trying
    from plg.kit.db import encode_json

    file = Path(flow) if flow.endswith((".yaml", ".yml")) else None
    if file is not None and version is not None:
        raise click.UsageError("Give a file or --version, not both.")
    definition = _definition(file) if file else None
    with transaction(), Progress(console=Console(stderr=True), transient=True) as bar:
        tried = trying.candidate(file.stem if file else flow, version=version, definition=definition)
        task = bar.add_task("owners", total=None)
        told = trying.replay(
            tried, last_days, on_progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    click.echo(encode_json(told) if as_json else "\n".join(try_table.lines(told)))


@flows_command.command(epilog="Example: plg flows experiment getting-started --within 14 --within 30")
@click.argument("flow")
@click.option("--version", type=click.IntRange(1, 2**31 - 1), help="Only who is on this version of FLOW.")
@click.option("--within", type=click.IntRange(1, 90), multiple=True, help="Days for an outcome.  [14, 30]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with stable keys.")
def experiment(flow: str, version: int | None, within: tuple[int, ...], as_json: bool) -> None:
    """What the experiment of FLOW brought: its arms, how they fare, and what differs for certain."""
    from onboarding_flows import experiment_report, experiment_table
    from plg.kit.db import encode_json

    with transaction():
        report = experiment_report.of_flow(flow, version, within or experiment_report.WITHIN)
    told = experiment_table.answer(report)
    click.echo(encode_json(told) if as_json else "\n".join(experiment_table.lines(report)))


@flows_command.command("publish-draft")
@click.argument("flow")
def publish_draft(flow: str) -> None:
    """Make the draft of FLOW its live version."""
    from onboarding_flows import drafts

    with transaction():
        published = drafts.publish(flow, by=BY)
    click.echo(f"Version {published.version} is live.")


@flows_command.command()
@click.argument("flow")
@click.argument("version", type=click.IntRange(1, 2**31 - 1))
def rollback(flow: str, version: int) -> None:
    """Publish what VERSION of FLOW said as its live version."""
    from onboarding_flows import lifecycle

    with transaction():
        published = lifecycle.roll_back(flow, version, by=BY)
    click.echo(f"Version {published.version} is live.")


@flows_command.command(epilog="Example: plg flows migrate getting-started 1 --map tour=walk --map old=")
@click.argument("flow")
@click.argument("from_version", type=click.IntRange(1, 2**31 - 1))
@click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="OLD= forgets what was done there.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
def migrate(flow: str, from_version: int, pairs: tuple[str, ...], dry_run: bool) -> None:
    """Move everybody on FROM_VERSION of FLOW to its live version. A worker does it."""
    from onboarding_flows import moving

    if any("=" not in pair for pair in pairs):
        raise click.BadParameter("write it as OLD=NEW", param_hint="--map")
    parts = [pair.partition("=") for pair in pairs]
    with transaction():
        move = moving.plan(flow, from_version, {old: new or None for old, _, new in parts})
        _print_preview(moving.preview(move))
        if not dry_run:
            _print_progress(moving.shown(moving.start(move, by=BY)))


def _print_preview(preview: dict[str, Any]) -> None:
    for step in preview["steps"]:
        named = " -> ".join(dict.fromkeys(key for key in (step["from_step"], step["to_step"]) if key))
        click.echo(f"  {step['what']:<8} {named:<40} settled by {step['settled']}")
    click.echo(
        f"{preview['enrolments']} to move from version {preview['from_version']} to {preview['to_version']}: "
        f"{preview['would_be_completed']} would be completed, {preview['would_be_uncompleted']} opened again."
    )


def _print_progress(migration: dict[str, Any]) -> None:
    click.echo(
        f"{migration['id']}: version {migration['from_version']} to {migration['to_version']}, "
        f"{migration['moved']} of {migration['total']} moved, {migration['status']}."
    )
