"""`plg webhooks`: what Stripe told plg and plg could not take."""

from __future__ import annotations

import click

from plg.cli.access import transaction


@click.group()
def webhooks_command() -> None:
    """Webhooks of Stripe that were given up after every retry: see why, mend it, try again."""


@webhooks_command.command()
def failed() -> None:
    """Webhooks that were given up, oldest first, with the reason."""
    from plg.billing import inbox

    with transaction():
        rows = inbox.failed()
        for row in rows:
            reason = (row.last_error or "").strip().splitlines()[-1:] or ["no reason kept"]
            click.echo(f"{row.event_id}  {row.type}  {row.received_at:%Y-%m-%d %H:%M} UTC")
            click.echo(f"    {reason[0]}")
        if not rows:
            click.echo("Every webhook was taken.")


@webhooks_command.command()
@click.argument("event_ids", nargs=-1, metavar="[EVENT_ID]...")
def retry(event_ids: tuple[str, ...]) -> None:
    """Try webhooks again that were given up: those with these ids, or all. The worker does it at once."""
    from plg.billing import inbox

    with transaction():
        count = inbox.retry(event_ids)
    if event_ids and count < len(set(event_ids)):
        click.echo("Only webhooks that `plg webhooks failed` lists can be tried again.", err=True)
    click.echo(f"{count} will be tried again.")
    if event_ids and not count:
        raise SystemExit(1)
