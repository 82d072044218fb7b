"""Facturo's own data: people, companies, customers and invoices, in SQLite. Money in minor units (cents)."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .people import DEMO_USERS, User

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT, account_id TEXT, name TEXT, email TEXT, role TEXT, company TEXT, locale TEXT,
    PRIMARY KEY (id, account_id));
CREATE TABLE IF NOT EXISTS companies (account_id TEXT PRIMARY KEY, tax_id TEXT, address TEXT);
CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, account_id TEXT, name TEXT, email TEXT);
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, account_id TEXT, number INTEGER, customer_id INTEGER REFERENCES customers (id),
    concept TEXT, amount INTEGER, created_at TEXT, sent_at TEXT, paid_at TEXT,
    UNIQUE (account_id, number));
CREATE TABLE IF NOT EXISTS used_links (token_hash TEXT PRIMARY KEY);
"""
INVOICE = """
SELECT invoices.*, customers.name AS customer,
    CASE WHEN paid_at IS NOT NULL THEN 'paid' WHEN sent_at IS NOT NULL THEN 'sent' ELSE 'draft' END AS status
FROM invoices JOIN customers ON customers.id = customer_id WHERE invoices.account_id = ?
"""
Row = sqlite3.Row


class Store:
    """One connection for the whole process, one statement at a time."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._connection.executescript(SCHEMA)
        for user in DEMO_USERS:
            self.add_user(user)

    def _run(self, statement: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def add_user(self, user: User) -> None:
        """Keep a person; known ones get their name, role and language from here."""
        values = (user.id, user.account_id, user.name, user.email, user.role, user.company, user.locale)
        self._run("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", *values)

    def user(self, user_id: str, account_id: str) -> User | None:
        """One person in one account, or None."""
        found = self._run("SELECT * FROM users WHERE id = ? AND account_id = ?", user_id, account_id)
        return User(*found[0]) if found else None

    def users(self, account_id: str | None = None) -> list[User]:
        """Everybody, or everybody in one account."""
        where, values = ("WHERE account_id = ?", (account_id,)) if account_id else ("", ())
        return [
            User(*row) for row in self._run(f"SELECT * FROM users {where} ORDER BY company, rowid", *values)
        ]

    def invite(self, by: User, name: str, email: str) -> User:
        """A teammate, who can sign in at once and is a plain member."""
        teammate = replace(by, id=f"facturo-{uuid.uuid4().hex[:8]}", name=name, email=email, role="member")
        self.add_user(teammate)
        return teammate

    def first_use_of_link(self, token_hash: str) -> bool:
        """True the first time only: a hand-over link works once."""
        with self._lock:
            used = "INSERT OR IGNORE INTO used_links VALUES (?)"
            return self._connection.execute(used, (token_hash,)).rowcount == 1

    def company(self, account_id: str) -> Row | None:
        """Tax id and address of the account's firm, or None while they are missing."""
        return next(iter(self._run("SELECT * FROM companies WHERE account_id = ?", account_id)), None)

    def describe_company(self, account_id: str, tax_id: str, address: str) -> None:
        """Set what is printed on every invoice."""
        self._run("INSERT OR REPLACE INTO companies VALUES (?, ?, ?)", account_id, tax_id, address)

    def customers(self, account_id: str) -> list[Row]:
        """By name."""
        return self._run("SELECT * FROM customers WHERE account_id = ? ORDER BY name", account_id)

    def add_customer(self, account_id: str, name: str, email: str) -> int:
        """Returns its id."""
        statement = "INSERT INTO customers (account_id, name, email) VALUES (?, ?, ?) RETURNING id"
        return self._run(statement, account_id, name, email)[0]["id"]

    def invoices(self, account_id: str) -> list[Row]:
        """Newest first; each with `customer` (a name) and `status` (draft, sent, paid)."""
        return self._run(INVOICE + "ORDER BY number DESC", account_id)

    def invoice(self, account_id: str, number: int) -> Row | None:
        """One of the account's invoices, or None."""
        return next(iter(self._run(INVOICE + "AND number = ?", account_id, number)), None)

    def draft_invoice(self, account_id: str, customer_id: int, concept: str, amount: int) -> int | None:
        """Returns the new invoice's number; None when the customer is not this account's."""
        statement = """
            INSERT INTO invoices (account_id, number, customer_id, concept, amount, created_at)
            SELECT account_id, (SELECT 1 + COALESCE(MAX(number), 0) FROM invoices WHERE account_id = :a),
                id, :concept, :amount, :now
            FROM customers WHERE id = :c AND account_id = :a RETURNING number"""
        values = {"a": account_id, "c": customer_id, "concept": concept, "amount": amount, "now": _now()}
        with self._lock:
            made = self._connection.execute(statement, values).fetchall()
        return made[0]["number"] if made else None

    def mark_sent(self, account_id: str, number: int) -> bool:
        """True when this call sent it, False when it was sent before."""
        return self._mark("sent_at", "sent_at IS NULL", account_id, number)

    def mark_paid(self, account_id: str, number: int) -> bool:
        """True when this call recorded the payment."""
        return self._mark("paid_at", "sent_at IS NOT NULL AND paid_at IS NULL", account_id, number)

    def _mark(self, column: str, only_if: str, account_id: str, number: int) -> bool:
        statement = f"UPDATE invoices SET {column} = ? WHERE account_id = ? AND number = ? AND {only_if}"
        with self._lock:
            return self._connection.execute(statement, (_now(), account_id, number)).rowcount == 1


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
