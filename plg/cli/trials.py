"""`plg trials`: who is on trial, why a trial ends when it ends, more days."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group(epilog="Example: plg trials why company-7")
def trials_command() -> None:
    """Who is on trial, why a trial ends when it ends, more days."""


@trials_command.command("list")
@click.option("--state", help="Only those in this state, such as active or grace.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def list_trials(state: str | None, limit: int) -> None:
    """Trials, those that end first on top."""
    from sqlalchemy import select

    from plg.accounts.models import Account
    from plg.kit.db import db
    from plg.trials.models import Trial

    with transaction():
        query = select(Trial, Account).join(Account, Account.id == Trial.account_id)
        query = query.where(Trial.status == state) if state else query.where(Trial.closed_at.is_(None))
        rows = db.session.execute(query.order_by(Trial.ends_at, Trial.id).limit(limit)).all()
        for trial, account in rows:
            ends = trial.ends_at.strftime("%Y-%m-%d %H:%M") if trial.ends_at else "-"
            click.echo(
                f"{account.public_id:<30} {trial.status:<20} {trial.plan_key:<12} {ends:<17} {account.name}"
            )
        if not rows:
            click.echo("No trial is in this state." if state else "No trial is open.")


@trials_command.command()
@click.argument("account")
def why(account: str) -> None:
    """Why the trial of ACCOUNT (any id: plg's or yours) ends when it ends."""
    from plg.accounts import accounts
    from plg.kit.clock import zone
    from plg.trials import trials

    with transaction():
        found = accounts.find(account)
        calendar = zone(found.timezone)
        trial = trials.of_account(found.id)
        if trial is None:
            raise click.ClickException("This account has no trial.")
        click.echo(
            f"{found.name or found.public_id}: {trial.status}, plan {trial.plan_key}, {found.timezone}"
        )
        for step in trials.explain(found.id):
            days = f"{step.row.days:+d}" if step.row.days else ""
            at = step.row.at.astimezone(calendar).strftime("%Y-%m-%d %H:%M")
            ends = step.ends_at.astimezone(calendar).strftime("%Y-%m-%d %H:%M") if step.ends_at else "-"
            told = f"{step.row.reason} ({step.row.actor})"
            click.echo(f"{at}  {step.row.kind:<10} {days:>5}  ends {ends:<16}  {told}")


@trials_command.command()
@click.argument("account")
@click.argument("days", type=int)
@click.option("--reason", required=True, help="Why; it is kept with the trial.")
def extend(account: str, days: int, reason: str) -> None:
    """Give the trial of ACCOUNT more DAYS (take some back: -- -3)."""
    from plg.accounts import accounts
    from plg.trials import trials

    with transaction():
        trial = trials.extend(accounts.find(account).id, days, reason=reason, by="command line")
        ends_at = trial.ends_at.isoformat(timespec="minutes") if trial.ends_at else "-"
    click.echo(f"It ends on {ends_at} now.")
