"""`plg demo`: everything at work on this machine, with no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plg.demo.show import Ready

FIRST_STEPS = (
    "Sign up for a trial, and confirm your address in the inbox.",
    "Open Facturo from your workspace and follow its checklist.",
    "Send invoices until the limit, and upgrade (no money moves).",
    "Take the course, pass the quiz, get the certificate.",
    "Sign in as staff and find yourself in the growth funnel.",
)


@click.command(epilog="The first start takes some seconds longer: it makes a history of simulated people.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65530),
    help="First port; taken ones are passed over. 0: any free ones.",
)
@click.option(
    "--data",
    "folder",
    default=Path("plg-data/demo"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where everything is kept; a second start with the same folder goes on where it was.",
)
@click.option(
    "--people",
    default=2000,
    show_default=True,
    type=click.IntRange(0, 50_000),
    help="How many simulated people the history has.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when all is up, and no more.")
def demo_command(port: int, folder: Path, people: int, as_json: bool) -> None:
    """Show everything at work, with no network and nothing to set up.

    Starts the web pages, the worker, a sample product that uses plg, and stand-ins for the mail, Stripe and
    PostHog, all on this machine; prints their addresses and log-ins when they are up. Ctrl-C ends it."""
    from plg.demo.ports import NoFreePort
    from plg.demo.show import FolderInUse, run
    from plg.demo.stage import PartDied

    def say(step: str) -> None:
        if not as_json:
            click.echo(f"· {step} …", err=True)

    try:
        run(folder, port, people, say, _print_json if as_json else _print_for_people)
    except (FolderInUse, NoFreePort, PartDied, TimeoutError) as error:
        raise click.ClickException(str(error)) from None


def _print_json(ready: Ready) -> None:
    click.echo(json.dumps(ready.as_json()))


def _print_for_people(ready: Ready) -> None:
    from rich.console import Console

    web, kept = ready.ports.url("web"), ready.kept
    lines = {
        "Sign up": f"{web}/signup",
        "The sample product": ready.ports.url("product"),
        "Staff pages": f"{web}/staff   [dim]{kept.staff_email}   {kept.staff_password}[/]",
        "Inbox": ready.ports.url("inbox"),
        "Stripe": ready.ports.url("stripe"),
        "PostHog": ready.ports.url("posthog"),
        "API": f"{web}/api",
        "Publishable key": kept.publishable_key,
        "Secret key": kept.secret_key,
        "User token secret": kept.user_token_secret,
    }
    console = Console(highlight=False, soft_wrap=True)
    console.print("\n[bold green]plg is ready[/]\n")
    for label, value in lines.items():
        console.print(f"  [bold]{label:<20}[/]{value}")
    console.print("\n[bold]First steps[/]")
    for number, step in enumerate(FIRST_STEPS, 1):
        console.print(f"  {number}. {step}")
    console.print(f"\n[dim]Ctrl-C ends it. All of it is kept in {ready.folder}.[/]")
