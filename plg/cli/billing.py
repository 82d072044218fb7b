"""`plg billing`: Stripe against plg, and the prices at Stripe."""

from __future__ import annotations

import json

import click

from plg.cli.access import transaction


@click.group(epilog="Example: plg billing reconcile --dry-run")
def billing_command() -> None:
    """What Stripe says against what plg says; prices at Stripe."""


@billing_command.command()
@click.option("--dry-run", is_flag=True, help="Only report; mend nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def reconcile(dry_run: bool, as_json: bool) -> None:
    """Hold Stripe, the inbox and plg's rows against each other, and mend what is safe to mend.

    Ends with 1 where something is left that differs."""
    from plg.billing import reconciling

    with transaction():
        found = reconciling.reconcile(mend=not dry_run)
    if as_json:
        click.echo(json.dumps({"drift": [drift.to_dict() for drift in found]}, indent=2))
    for drift in [] if as_json else found:
        state = "mended" if drift.mended else "differs"
        click.echo(
            f"{state:<8} {drift.subject:<30} {drift.account or '':<24} {reconciling.KINDS[drift.kind]}"
        )
        if drift.ours != drift.theirs:
            click.echo(f"         plg: {drift.ours or '-'}\n         Stripe: {drift.theirs or '-'}")
    if not found and not as_json:
        click.echo("Stripe and plg agree.")
    if any(not drift.mended for drift in found):
        raise SystemExit(1)


@billing_command.command()
@click.option("--dry-run", is_flag=True, help="Only show what differs; make nothing at Stripe.")
def prices(dry_run: bool) -> None:
    """Push the catalogue's products and prices to Stripe. Any number of times, each is made once."""
    from plg.billing import prices as pushed
    from plg.billing.add_ons import prices as add_on_prices
    from plg.billing.use import prices as use_prices

    with transaction():
        states = pushed.compare() + use_prices.compare() + add_on_prices.compare()
        if not dry_run:
            pushed.sync()
            use_prices.sync()
            add_on_prices.sync()
    words = {
        "missing": "is new" if dry_run else "was made",
        "same": "is there",
        "differs": "differs at Stripe",
    }
    for state in states:
        click.echo(f"{state.lookup_key:<40} {words[state.state]}{': ' + state.why if state.why else ''}")
    if any(state.state == "differs" for state in states):
        raise SystemExit(1)


@billing_command.command(
    epilog="Example: plg billing refund company-7 in_1Nx --amount 900 --note 'They asked'"
)
@click.argument("account")
@click.argument("invoice")
@click.option("--amount", type=click.IntRange(1), help="In the minor unit; all that is left, if not given.")
@click.option(
    "--reason",
    type=click.Choice(["order_change", "product_unsatisfactory", "duplicate", "fraudulent"]),
    help="Stripe's words; seen on the credit note.",
)
@click.option("--note", default="", help="Why, for colleagues.")
def refund(account: str, invoice: str, amount: int | None, reason: str | None, note: str) -> None:
    """Give back what an account has paid for an invoice, in full or in part."""
    from plg.accounts import accounts
    from plg.billing import refunds

    with transaction():
        account_id = accounts.find(account).id
        made = refunds.give(
            invoice, account_id=account_id, amount=amount, reason=reason, note=note, by="command line"
        )
        click.echo(f"{made.status}: {made.amount} {made.currency} of {invoice} ({made.public_id})")


@billing_command.command(epilog="Example: plg billing move pro --dry-run")
@click.argument("plan")
@click.option(
    "--dry-run", is_flag=True, help="Only show who would move, and what each pays before and after."
)
def move(plan: str, dry_run: bool) -> None:
    """Move who is on an older version of PLAN to its newest.

    Who pays is charged the new price from the next period on, and a mail tells who may buy. Amounts are in the
    currency's minor unit."""
    from plg.billing import moving

    with transaction():
        for each in moving.preview(plan):
            costs = (
                f"{each.before} -> {each.after if each.after is not None else 'not sold so'} {each.currency}"
            )
            over = f", over: {' '.join(each.over)}" if each.over else ""
            stays = ", stays for now" if each.stays else ""
            click.echo(f"{each.public_id:<30} version {each.version}: {costs}{over}{stays}")
        if dry_run:
            return
        done = at_stripe = 0
        while (moved := moving.move(plan, by="cli")) != moving.NOBODY:
            done, at_stripe = done + moved.done, at_stripe + moved.at_stripe
    click.echo(f"{done} moved; {at_stripe} that pay move as soon as Stripe has their new price.")
