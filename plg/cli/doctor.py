"""`plg doctor` and `plg status`."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import click
from sqlalchemy import text

State = Literal["ok", "note", "fault"]
MARKS: dict[State, tuple[str, str]] = {"ok": ("✓", "green"), "note": ("·", "yellow"), "fault": ("✗", "red")}


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it."""

    part: str
    state: State
    said: str
    advice: str = ""


@click.command()
def doctor_command() -> None:
    """Check every part and say what to do. Exits with 1 where something is at fault."""
    from plg.app import create_app

    app = create_app()
    with app.app_context():
        findings = [finding for check in CHECKS for finding in check()]
    for finding in findings:
        mark, colour = MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=colour)} {finding.part:<12} {finding.said}")
        if finding.advice:
            click.echo(f"  {'':<12} → {finding.advice}")
    if any(finding.state == "fault" for finding in findings):
        raise SystemExit(1)


@click.command()
def status_command() -> None:
    """How far each subscriber has read, what is parked, and when each job is due."""
    from sqlalchemy import select

    from plg.app import create_app
    from plg.events import subscribers
    from plg.events.models import JobRun
    from plg.kit.db import db

    with create_app().app_context():
        click.echo(f"{'subscriber':<28}{'position':>12}{'behind':>9}{'seconds':>9}{'parked':>8}")
        for s in subscribers.statuses():
            name = f"{s.subscriber}/{s.shard}" if s.shard else s.subscriber
            row = f"{name:<28}{s.position:>12}{s.lag_events:>9}{s.lag_seconds:>9.0f}{s.parked:>8}"
            click.echo(row + (f"  waits: {s.last_error.strip().splitlines()[-1]}" if s.last_error else ""))
        click.echo(f"\n{'job':<28}{'due at (UTC)':<22}last run (UTC)")
        for job in db.session.scalars(select(JobRun).order_by(JobRun.job)):
            ran = f"{job.last_run_at:%Y-%m-%d %H:%M:%S}" if job.last_run_at else "never"
            click.echo(f"{job.job:<28}{job.due_at:%Y-%m-%d %H:%M:%S}   {ran}  {job.last_error or ''}")


def _settings() -> Iterator[Finding]:
    from flask import current_app

    settings = current_app.extensions["plg.settings"]
    kind = "PostgreSQL" if settings.database.startswith("postgresql") else "SQLite"
    yield Finding("settings", "ok", f"{settings.environment}, {kind}, {settings.public_url}")
    if settings.environment == "production" and not settings.public_url.startswith("https:"):
        advice = "set PLG_PUBLIC_URL to the https address that browsers use"
        yield Finding("address", "note", "cookies are sent without TLS", advice)
    if not settings.secret_key.get_secret_value():
        advice = "set PLG_SECRET_KEY where several machines serve"
        yield Finding("secret key", "note", f"kept in {settings.data_dir}", advice)


def _database() -> Iterator[Finding]:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask import current_app

    from plg.kit.db import db

    try:
        found = MigrationContext.configure(db.session.connection()).get_current_revision()
    except Exception as error:
        reason = str(error).splitlines()[0]
        yield Finding("database", "fault", f"does not answer: {reason}", "check PLG_DATABASE_URL")
        return
    migrate = current_app.extensions["migrate"]
    wanted = ScriptDirectory(migrate.directory).get_current_head()
    if found == wanted:
        yield Finding("database", "ok", f"at revision {found}")
    else:
        yield Finding("database", "fault", f"at {found}, needs {wanted}", "run `plg db upgrade`")


def _worker() -> Iterator[Finding]:
    from plg.events import subscribers
    from plg.kit.db import db

    try:
        statuses = subscribers.statuses()
    except Exception:
        db.session.rollback()
        return
    if not statuses:
        yield Finding("worker", "fault", "has never run on this database", "run `plg worker`")
        return
    oldest = max(status.lag_seconds for status in statuses)
    state: State = "fault" if oldest > 60 else "ok"
    advice = "is `plg worker` running? `plg status` tells who lags" if state == "fault" else ""
    yield Finding(
        "worker", state, f"{len(statuses)} subscribers, the oldest unread event is {oldest:.0f} s old", advice
    )
    if parked := sum(status.parked for status in statuses):
        yield Finding(
            "parked", "note", f"{parked} events", "see `plg events parked`, then `plg events retry`"
        )


def _log() -> Iterator[Finding]:
    from plg.events import renumbering
    from plg.kit.db import db

    try:
        needed = renumbering.is_needed()
    except Exception:
        db.session.rollback()
        return
    if needed:
        said = "was restored from another PostgreSQL server; nobody would read new events"
        yield Finding("log", "fault", said, "stop the workers, run `plg events renumber`, start them again")


def _access() -> Iterator[Finding]:
    from plg.kit.db import db

    wanted = (
        ("api_keys", "keys", "run `plg keys create secret`"),
        ("staff_members", "staff", "run `plg staff add`"),
    )
    for table, part, advice in wanted:
        try:
            count = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        except Exception:
            db.session.rollback()
            return
        yield Finding(part, "ok" if count else "note", f"{count}", "" if count else advice)


def _plans() -> Iterator[Finding]:
    from plg.kit.db import db
    from plg.plans import catalogue

    try:
        plans = catalogue.published().plans
    except Exception:
        db.session.rollback()
        return
    if plans:
        yield Finding("plans", "ok", ", ".join(plans))
    else:
        yield Finding("plans", "note", "none", "write plans.toml, then `plg apply FOLDER`")


def _webhooks() -> Iterator[Finding]:
    from plg.billing import inbox
    from plg.kit.db import db

    try:
        count = len(inbox.failed())
    except Exception:
        db.session.rollback()
        return
    if count:
        advice = "see `plg webhooks failed`, then `plg webhooks retry`"
        yield Finding(
            "webhooks", "fault", f"{count} of Stripe's were given up: who paid may have no access", advice
        )


def _outside() -> Iterator[Finding]:
    from flask import current_app

    settings = current_app.extensions["plg.settings"]
    smtp = urlsplit(settings.smtp_url)
    yield _reachable("mail", smtp.hostname or "", smtp.port or 25, "PLG_SMTP_URL")
    if settings.stripe_api_key.get_secret_value():
        signed = bool(settings.stripe_webhook_secret.get_secret_value())
        advice = "" if signed else "set PLG_STRIPE_WEBHOOK_SECRET, or no payment is heard of"
        yield Finding(
            "stripe", "ok" if signed else "fault", settings.stripe_api_base or "api.stripe.com", advice
        )
    else:
        yield Finding("stripe", "note", "off", "set PLG_STRIPE_API_KEY to sell")
    forwarding = bool(settings.posthog_key.get_secret_value())
    yield Finding("posthog", "ok" if forwarding else "note", settings.posthog_host if forwarding else "off")
    yield Finding("record store", "ok" if settings.lrs_url else "note", settings.lrs_url or "off")


def _reachable(part: str, host: str, port: int, setting: str) -> Finding:
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        return Finding(part, "fault", f"{host}:{port} does not answer: {error}", f"set {setting}")
    return Finding(part, "ok", f"{host}:{port}")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _settings,
    _database,
    _log,
    _worker,
    _access,
    _plans,
    _webhooks,
    _outside,
)
