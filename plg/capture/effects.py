"""What messages change beside the log: who is known, who is whom, who belongs where, what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_, update

from plg.accounts import accounts, memberships
from plg.accounts.models import Account, Membership
from plg.capture.messages import Message
from plg.capture.trust import Sender
from plg.events import names
from plg.kit.db import db, lock
from plg.people import identities, people
from plg.people.models import Person

Fact = tuple[str, int, int]
"""Something done for good: ("known", record, 0), ("same" | "alias", record, record), ("member" | "owner", account,
record)."""
FOUNDING = frozenset({names.ACCOUNT_CREATED, names.SIGNED_UP})


class Work:
    """The effects of some messages, on records and accounts that exist. `done`: what is true once it is committed.

    facts: what was true before; it is not done again."""

    def __init__(
        self,
        messages: Sequence[Message],
        records: dict[str, int],
        groups: dict[str, int],
        sender: Sender,
        facts: set[Fact],
    ) -> None:
        self.messages, self.records, self.groups = messages, records, groups
        self.sender, self.facts = sender, facts
        self.done: set[Fact] = set()

    def apply(self) -> None:
        """Do everything that is not done yet. Merges come first: the rest concerns those who are left."""
        self._know()
        self._merge()
        if self.sender.trusted:
            self._join()
            self._own()
        self._describe_people()
        self._describe_accounts()

    def record_of(self, message: Message) -> int | None:
        """The record that the message is about."""
        distinct_id = message.user_id or message.anonymous_id
        return self.records.get(distinct_id) if distinct_id is not None else None

    def _new(self, facts: Iterable[Fact]) -> list[Fact]:
        new = [fact for fact in dict.fromkeys(facts) if fact not in self.facts]
        self.done.update(new)
        return new

    def _know(self) -> None:
        """Whom the product names by its own id, or puts into an account, is identified: no browser's word makes
        them part of somebody else."""
        named = {self.records[m.user_id] for m in self.messages if m.user_id in self.records}
        if self.sender.trusted:
            named |= {r for m in self.messages if m.group_id and (r := self.record_of(m)) is not None}
        facts = self._new(("known", record, 0) for record in named)
        if facts:
            survivors = select(func.coalesce(Person.merged_into_id, Person.id))
            survivors = survivors.where(Person.id.in_([record for _, record, _ in facts]))
            rows = update(Person).where(Person.id.in_(survivors), Person.identified.is_(False))
            db.session.execute(rows.values(identified=True), execution_options={"synchronize_session": False})

    def _merge(self) -> None:
        """Ids that one message gives for one person. Only an alias of the product itself joins two known people."""
        several = [m for m in self.messages if m.previous_id or (m.user_id and m.anonymous_id)]
        facts = self._new(fact for message in several for fact in self._same(message))
        if not facts:
            return
        lock("people.merge")
        for kind, one, other in facts:
            identities.merge(one, other, reason=kind, by=self.sender.by, force=kind == "alias")

    def _same(self, message: Message) -> Iterable[Fact]:
        ids = [i for i in message.distinct_ids if i == message.user_id or self.sender.may_bring(i)]
        found = [self.records[i] for i in ids if i in self.records]
        kind = "alias" if message.kind == "alias" and self.sender.trusted else "same"
        return [(kind, found[0], other) for other in found[1:] if other != found[0]]

    def _join(self) -> None:
        """Whoever acts in an account belongs to it: always when a `group` call says so, and when an event does,
        unless the person was taken out of the account."""
        said = [m for m in self.messages if m.kind == "group"]
        acted = [m for m in self.messages if m.group_id is not None and m.kind != "group"]
        explicit, implied = self._pairs(said), self._pairs(acted)
        facts = [fact for fact in {**implied, **explicit} if fact in explicit or fact not in self.facts]
        if not facts:
            return
        self.done.update(facts)
        survivors = identities.canonical({record for *_, record in facts})
        wanted = {
            (account, survivors.get(record, record)): (kind, account, record)
            for kind, account, record in facts
        }
        missing = wanted.keys() - self._members(wanted)
        removed = memberships.taken_out({pair for pair in missing if wanted[pair] not in explicit})
        memberships.add_all(missing - removed, "member", by=self.sender.by)

    def _own(self) -> None:
        """Whoever made an account, by the product's own word, owns it, as long as nobody else does."""
        founding = self._pairs([m for m in self.messages if m.kind == "track" and m.name in FOUNDING])
        facts = self._new(("owner", account, record) for _, account, record in founding)
        survivors = identities.canonical({record for *_, record in facts})
        for _, account, record in sorted(facts):
            memberships.own_if_nobody_does(account, survivors.get(record, record), by=self.sender.by)

    def _pairs(self, messages: Sequence[Message]) -> dict[Fact, None]:
        found: dict[Fact, None] = {}
        for message in messages:
            record = self.record_of(message)
            if record is not None and message.group_id is not None:
                found["member", self.groups[message.group_id], record] = None
        return found

    @staticmethod
    def _members(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        both = tuple_(Membership.account_id, Membership.person_id)
        query = select(Membership.account_id, Membership.person_id).where(both.in_(list(pairs)))
        return {(account, person) for account, person in db.session.execute(query)}

    def _describe_people(self) -> None:
        described = [m for m in self.messages if m.set_traits or m.set_once]
        wanted = {record for m in described if (record := self.record_of(m)) is not None}
        if not wanted:
            return
        survivors = identities.canonical(wanted)
        rows = db.session.scalars(select(Person).where(Person.id.in_({survivors.get(r, r) for r in wanted})))
        found = {person.id: person for person in rows}
        for message in described:
            record = self.record_of(message)
            person = found.get(survivors.get(record, record)) if record is not None else None
            if person is not None:
                traits, once = self.sender.believed(message.set_traits, message.set_once)
                people.describe(person, traits, once)
                person.traits = {name: value for name, value in person.traits.items() if value is not None}

    def _describe_accounts(self) -> None:
        described = [m for m in self.messages if m.group_traits and m.group_id is not None]
        wanted = {self.groups[m.group_id] for m in described if m.group_id is not None}
        if not wanted:
            return
        found = {a.id: a for a in db.session.scalars(select(Account).where(Account.id.in_(wanted)))}
        for message in described:
            account = found[self.groups[message.group_id or ""]]
            accounts.describe(account, self._account_traits(account, message.group_traits))

    def _account_traits(self, account: Account, traits: dict[str, Any]) -> dict[str, Any]:
        if self.sender.trusted:
            return traits
        told = {"name": account.name, "locale": account.locale, "timezone": account.timezone != "UTC"}
        known = account.traits.keys() | {name for name, is_told in told.items() if is_told}
        return {name: value for name, value in traits.items() if name not in known}

    def default_accounts(self, messages: Sequence[Message]) -> dict[int, int]:
        """record -> account, for people with exactly one: theirs are the events that name none."""
        wanted = {
            record for m in messages if m.group_id is None and (record := self.record_of(m)) is not None
        }
        if not wanted:
            return {}
        survivors = identities.canonical(wanted)
        homes = memberships.only_account({survivors.get(record, record) for record in wanted})
        return {r: homes[person] for r in wanted if (person := survivors.get(r, r)) in homes}
