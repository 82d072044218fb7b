"""`plg academy`: what the attempts at a quiz say about its questions, marking them again, extensions, moving learners
to a new version, and packages of other systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from academy.certificates.cli import catch_up_command, certificate_command
from academy.item_data import WHICH
from academy.packages.cli import import_command
from academy.questions_cli import questions_command
from plg.cli.access import transaction


@click.group(epilog="Example: plg academy analysis facturo-essentials --attempts all")
def academy_command() -> None:
    """Item analysis of quizzes, regrading, more time or attempts for somebody, moving learners, importing courses.

    COURSE is the key of a course: the name of its folder."""


academy_command.add_command(import_command)
academy_command.add_command(questions_command)
academy_command.add_command(certificate_command)
academy_command.add_command(catch_up_command)


@academy_command.command(epilog="Example: plg academy analysis facturo-essentials --attempts all")
@click.argument("course")
@click.option("--version", type=int, help="Of the course; the newest one, without this.")
@click.option(
    "--attempts",
    "which",
    type=click.Choice(WHICH),
    default="first",
    show_default=True,
    help="Which attempts of each person count. Later ones have seen the answers of the first.",
)
def analysis(course: str, version: int | None, which: Any) -> None:
    """The item analysis of the quiz of COURSE, by Moodle's definitions."""
    from academy import quiz_analysis
    from plg.kit.db import reading

    with reading(), transaction():
        found = quiz_analysis.plain(quiz_analysis.analyse(course, version=version, which=which))
    _print_whole(found)
    _print_items(found["items"])


@academy_command.command(
    epilog='Example: plg academy regrade facturo-essentials --version 3 --against 4 --reason "Wrong key"'
)
@click.argument("course")
@click.option("--version", type=int, required=True, help="Whose attempts are marked again.")
@click.option("--against", type=int, required=True, help="The corrected version.")
@click.option(
    "--certificates",
    type=click.Choice(["keep", "revoke"]),
    default="keep",
    show_default=True,
    help="keep: whoever passed has passed; revoke: who would not any more loses the certificate.",
)
@click.option("--reason", required=True, help="Kept with every result that changes.")
@click.option("--apply", "really", is_flag=True, help="Without this, it only says who would change.")
def regrade(course: str, version: int, against: int, certificates: Any, reason: str, really: bool) -> None:
    """Mark the attempts at the quiz of COURSE again by a corrected version.

    First try it without --apply: it lists whose result would change."""
    from academy import regrades

    with transaction(), _told_on_the_way() as heard:
        which: dict[str, Any] = {
            "version": version,
            "against": against,
            "policy": certificates,
            "heard": heard,
        }
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


@academy_command.command(
    epilog="Example: plg academy extend facturo-essentials --person ana@example.com --minutes 15 --reason Dyslexia"
)
@click.argument("course")
@click.option("--person", help="Any id of somebody who has begun the course, or the e-mail address.")
@click.option("--account", help="Instead: any id of an account; everybody of it who has begun the course.")
@click.option(
    "--minutes", type=int, default=0, show_default=True, help="Beyond the time limit and the closing."
)
@click.option("--attempts", type=int, default=0, show_default=True, help="Beyond the limit of attempts.")
@click.option("--reason", required=True, help="Kept with the extension.")
def extend(
    course: str, person: str | None, account: str | None, minutes: int, attempts: int, reason: str
) -> None:
    """Give a person, or a whole account, more time or attempts at the quiz of COURSE.

    It holds instead of what they were given before; an attempt that runs gets its new deadline at once."""
    from academy.attempts import extending
    from plg.accounts import accounts
    from plg.people import people

    if (person is None) == (account is None):
        raise click.UsageError("Give either --person or --account.")
    amount: dict[str, Any] = {"extra_minutes": minutes, "extra_attempts": attempts, "reason": reason}
    with transaction():
        if account is not None:
            given = extending.extend_account(accounts.find(account).id, course, **amount, by="command line")
        else:
            found = people.find(person or "")
            given = [extending.extend(found.id, course, **amount, by="command line")]
    click.echo(f"Given to {len(given)} {'person' if len(given) == 1 else 'people'}.")


@academy_command.command("rotate-badge-key", epilog="Example: plg academy rotate-badge-key --withdraw")
@click.option("--withdraw", is_flag=True, help="Somebody may have the old key: what it signed holds no more.")
def rotate_badge_key(withdraw: bool) -> None:
    """Let the next key sign badges. Those that the old one signed stay good.

    With --withdraw they do not: their holders download them again, signed anew."""
    from academy.badges import keys

    with transaction():
        keys.current()
        row = keys.rotate(withdraw=withdraw)
    click.echo(f"Badges are signed by {row.multikey} now.")


@contextmanager
def _told_on_the_way() -> Iterator[Callable[[str, int], None]]:
    """How far a long regrade is, on the standard error of a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = SpinnerColumn(), TextColumn("{task.completed} attempts {task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looked at", total=None)
        yield lambda what, count: bar.update(task, description=what, completed=count)


@academy_command.command(
    epilog="Example: plg academy migrate facturo-essentials --to 4 --map send=send-invoice --dry-run"
)
@click.argument("course")
@click.option(
    "--to", type=int, required=True, help="The number of the live version, to which they are moved."
)
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


@academy_command.command(epilog="Example: plg academy xapi --again")
@click.option("--again", is_flag=True, help="Send once more what the store has refused.")
def xapi(again: bool) -> None:
    """What waits for the learning record store, and what it has refused."""
    from academy.xapi import outbox

    with transaction():
        waiting, refused = outbox.standing()
        tried = outbox.try_refused_again() if again else 0
    click.echo(f"{waiting} wait, {refused} refused" + (f", {tried} tried again" if again else ""))


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
