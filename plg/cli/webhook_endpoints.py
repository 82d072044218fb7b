"""`plg webhook-endpoints`: where the host product is told what plg records."""

from __future__ import annotations

import datetime as dt

import click

from plg.cli.access import transaction


@click.group(
    epilog="Example: plg webhook-endpoints add https://app.example.com/webhooks/plg --event 'Trial Started'"
)
def webhook_endpoints_command() -> None:
    """Where your product is told what plg records, signed by Standard Webhooks."""


@webhook_endpoints_command.command()
@click.argument("url")
@click.option(
    "--event", "events", multiple=True, help="An event that it hears, such as 'Trial Started'; else all."
)
@click.option("--description", default="", help="What it is for.")
def add(url: str, events: tuple[str, ...], description: str) -> None:
    """Tell URL what happens from now on. Its secret is shown this once."""
    from plg.webhooks import webhook_endpoints

    heard = events or (webhook_endpoints.ALL,)
    with transaction():
        made, secret = webhook_endpoints.add(url, events=heard, description=description, by="command line")
        click.echo(made.public_id)
    click.echo(secret)


@webhook_endpoints_command.command("list")
def list_endpoints() -> None:
    """All endpoints, newest first, with what waits and since when they fail."""
    from plg.webhooks import deliveries, webhook_endpoints

    with transaction():
        rows, waiting = webhook_endpoints.all_endpoints(), deliveries.waiting()
        for row in rows:
            state = "enabled" if row.enabled else f"disabled ({row.disabled_reason})"
            failing = f"  failing since {row.failing_since:%Y-%m-%d %H:%M} UTC" if row.failing_since else ""
            click.echo(
                f"{row.public_id}  {state:<18} {waiting.get(row.id, 0):>6} waiting  {row.url}{failing}"
            )
        if not rows:
            click.echo("There is no webhook endpoint.")


@webhook_endpoints_command.command()
@click.argument("endpoint")
def test(endpoint: str) -> None:
    """Send a webhook.test to ENDPOINT (we_…) now, and say what it answered."""
    from plg.webhooks import sender, webhook_endpoints
    from plg.webhooks.models import DELIVERED

    with transaction():
        sent = sender.send_test(webhook_endpoints.find(endpoint))
    said = f"answered {sent.response_status}" if sent.response_status else sent.error
    click.echo(f"{sent.status}: {said} ({sent.duration_ms} ms)")
    if sent.status != DELIVERED:
        raise SystemExit(1)


@webhook_endpoints_command.command()
@click.argument("endpoint")
@click.option("--since", type=click.DateTime(), required=True, help="UTC, such as 2026-11-20.")
def recover(endpoint: str, since: dt.datetime) -> None:
    """Send again to ENDPOINT (we_…) all that it failed to take since then. The worker does it at once."""
    from plg.webhooks import deliveries, webhook_endpoints

    with transaction():
        count = deliveries.recover(webhook_endpoints.hold(endpoint), since.replace(tzinfo=dt.UTC))
    click.echo(f"{count} will be sent again.")
