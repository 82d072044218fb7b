"""`plg academy`: what the attempts at a quiz say about its questions, marking them again, moving learners."""

from __future__ import annotations

from typing import Any

import click

from academy.item_data import WHICH
from plg.cli.access import transaction


@click.group(epilog="Example: plg academy analysis facturo-essentials --attempts all")
def academy_command() -> None:
    """Item analysis of quizzes, regrading, and moving learners to a new version."""


@academy_command.command()
@click.argument("course")
@click.option("--version", type=int, help="The newest one, without this.")
@click.option("--attempts", "which", type=click.Choice(WHICH), default="first", show_default=True)
def analysis(course: str, version: int | None, which: Any) -> None:
    """The item analysis of the quiz of COURSE, by Moodle's definitions."""
    from academy import quiz_analysis
    from plg.kit.db import reading

    with reading(), transaction():
        found = quiz_analysis.plain(quiz_analysis.analyse(course, version=version, which=which))
    _print_whole(found)
    _print_items(found["items"])


@academy_command.command()
@click.argument("course")
@click.option("--version", type=int, required=True, help="Whose attempts are marked again.")
@click.option("--against", type=int, required=True, help="The corrected version.")
@click.option("--certificates", type=click.Choice(["keep", "revoke"]), default="keep", show_default=True)
@click.option("--reason", required=True)
@click.option("--apply", "really", is_flag=True, help="Without this, it only says who would change.")
def regrade(course: str, version: int, against: int, certificates: Any, reason: str, really: bool) -> None:
    """Mark the attempts at the quiz of COURSE again by a corrected version."""
    from academy import regrades

    with transaction():
        which: dict[str, Any] = {"version": version, "against": against, "policy": certificates}
        if really:
            found = regrades.apply(course, **which, reason=reason, by="command line")
        else:
            found = regrades.plan(course, **which)
    for each in found.changes:
        turn = {(False, True): "  passes now", (True, False): "  passes no more"}
        scores = f"{each.old_score / 10_000:>8.2f} % -> {each.score / 10_000:>6.2f} %"
        click.echo(f"{each.public_id}  {each.person}  {scores}{turn.get((each.old_passed, each.passed), '')}")
    verb = "changed" if really else "would change (--apply does it)"
    click.echo(f"{len(found.changes)} of {found.attempts} attempts {verb}.")


@academy_command.command()
@click.argument("course")
@click.option("--to", type=int, required=True, help="The live version.")
@click.option(
    "--map", "pairs", multiple=True, help="OLD=NEW lesson; OLD= for what counts no more. Many times."
)
@click.option("--dry-run", is_flag=True, help="Only say what would change for how many.")
def migrate(course: str, to: int, pairs: tuple[str, ...], dry_run: bool) -> None:
    """Move the learners of COURSE who have not completed it to its live version."""
    from academy import moves

    lessons = dict(_mapped(pair) for pair in pairs)
    with transaction():
        found = moves.plan(course, to=to, lessons=lessons)
        if not dry_run:
            moves.start(course, to=to, lessons=lessons, by="command line")
    for each in found:
        click.echo(
            f"from version {each.version}: {each.moved} moved ({each.further} further, {each.back} back, "
            f"{each.waiting} when their quiz has ended), {each.completed} stay, completed"
        )
    if not found:
        click.echo("Nobody is on another version.")
    click.echo("Nothing was changed." if dry_run else "The worker moves them.")


def _mapped(pair: str) -> tuple[str, str]:
    old, sign, new = pair.partition("=")
    if not old or not sign:
        raise click.BadParameter(f"{pair!r} is not old=new", param_hint="--map")
    return old, new


def _print_whole(found: dict[str, Any]) -> None:
    small = " (fewer than 30: mostly chance)" if found["small"] else ""
    click.echo(f"{found['course']}, version {found['version']}: {found['attempts']} attempts{small}")
    for name in ("mean", "median", "sd", "skewness", "kurtosis", "alpha", "error_ratio", "standard_error"):
        interval = found.get(f"{name}_interval")
        between = f"  ({interval[0]:.1f} to {interval[1]:.1f})" if interval else ""
        click.echo(f"  {name.replace('_', ' '):<16}{_figure(found[name]):>9}{between}")
    if found["alpha_by"] != "all":
        click.echo(f"  alpha is {found['alpha_by']}, from {found['alpha_attempts']} attempts")


def _print_items(items: list[dict[str, Any]]) -> None:
    columns = {
        "facility": "facility",
        "sd": "sd",
        "discrimination_index": "discr.",
        "discriminative_efficiency": "effic.",
        "intended_weight": "intended",
        "effective_weight": "effective",
    }
    click.echo(f"{'question':<32}{'attempts':>9}" + "".join(f"{title:>10}" for title in columns.values()))
    for item in items:
        figures = "".join(f"{_figure(item[name]):>10}" for name in columns)
        click.echo(f"{item['question']:<32}{item['attempts']:>9}{figures}  {', '.join(item['flags'])}")
        for option in item["options"]:
            mark = "*" if option["right"] else " "
            flags = ", ".join(option["flags"])
            click.echo(
                f"  {mark} {option['option']:<28}{option['chosen']:>9}{_figure(option['share']):>10}"
                f"{'':>10}{_figure(option['discrimination']):>10}  {flags}".rstrip()
            )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
