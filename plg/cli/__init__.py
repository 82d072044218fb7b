"""The command line. Each command's module is only loaded when it is called."""

from __future__ import annotations

import importlib

import click

from plg.kit import memory

COMMANDS = {
    "demo": ("plg.cli.demo", "Show everything at work, with no network and nothing to set up."),
    "serve": ("plg.cli.serve", "Serve the web pages and the API."),
    "worker": ("plg.cli.serve", "Run subscribers and jobs."),
    "db": ("plg.cli.database", "Bring the database to this version, or back."),
    "doctor": ("plg.cli.doctor", "Check every part and say what to do."),
    "status": ("plg.cli.doctor", "How far each subscriber has read."),
    "plan": ("plg.cli.folder", "What `apply` would change."),
    "apply": ("plg.cli.folder", "Publish a product folder as new versions."),
    "export": ("plg.cli.folder", "Write what is published to a folder."),
    "keys": ("plg.cli.access", "API keys, and the secret of user tokens."),
    "oidc": ("plg.cli.oidc", "Products that sign their users in with plg, and its keys."),
    "staff": ("plg.cli.access", "Add somebody of the firm."),
    "trials": ("plg.cli.trials", "Who is on trial, why a trial ends when it ends, more days."),
    "import": ("plg.cli.importing", "Bring in history from files."),
    "events": ("plg.cli.events", "Parked events, retries, replays, a restored log."),
    "columns": ("plg.cli.columns", "Fill the columns that reports read."),
    "exports": ("plg.cli.exports", "Have events, people and reports leave by schedule."),
    "report": ("plg.cli.report", "Answer a growth report, as JSON or CSV."),
    "sql": ("plg.cli.sql", "Ask events, people and accounts by SQL."),
    "signups": ("plg.cli.signups", "What was decided about sign-ups, and how right the rules were."),
    "billing": ("plg.cli.billing", "What Stripe says against what plg says; prices at Stripe."),
    "webhooks": ("plg.cli.webhooks", "Stripe's webhooks that were given up, and retries."),
    "webhook-endpoints": (
        "plg.cli.webhook_endpoints",
        "Where your product is told what happens, and how they fare.",
    ),
}


def _all_commands() -> dict[str, tuple[str, str]]:
    """The core's, then those of the installed wings; loads the wings."""
    from plg.kit.wing import installed_wings

    found = dict(COMMANDS)
    for wing in installed_wings():
        found |= {name: command for name, command in wing.cli.items() if name not in COMMANDS}
    return found


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_all_commands())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        command = COMMANDS.get(name) or _all_commands().get(name)
        if command is None:
            return None
        return getattr(importlib.import_module(command[0]), f"{name.replace('-', '_')}_command")

    def invoke(self, ctx: click.Context) -> object:
        """Errors that anybody may meet end with what to do about them instead of a traceback."""
        memory.begin()
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except Exception as error:
            from plg.cli.advice import advice

            said = advice(error)
            if said is None:
                raise
            raise click.ClickException(said) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _all_commands().items()])


@click.command(cls=_Lazy, epilog="First time here? `plg demo` shows the whole product in a few seconds.")
@click.version_option(package_name="plg")
def main() -> None:
    """Product-led growth for a SaaS company: trials, onboarding, academy, upgrades and growth reports.

    Settings come from PLG_… variables or the [server] table of plg.toml; `plg doctor` checks them."""
