"""The tables on the server, and the one place where it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from plg.growth.columns.batch import START, Place
from plg.growth.columns.keys import Keys
from plg.growth.columns.merges import Merges
from plg.kit.errors import TryAgain

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.external import ExternalData

SECONDS: Final = 60
TRIES: Final = 3


class ColumnsUnreachable(TryAgain):
    """The ClickHouse server does not answer, or refuses."""


@dataclass(frozen=True)
class State:
    """What the tables hold. version grows with every append; generation: which partition is read; place: the log's
    (transaction, position) up to which it is complete; left_out: events whose time no key can hold."""

    version: int = 0
    generation: int = 0
    place: Place = START
    properties: tuple[str, ...] = ()
    events: int = 0
    left_out: int = 0

    def next(self, **changes: Any) -> Self:
        return replace(self, version=self.version + 1, **changes)


_EVENTS: Final = """(
    generation UInt32, name LowCardinality(String), person UInt32, account UInt32, at UInt64,
    tx Int64, position Int64, properties Map(LowCardinality(String), String)
)"""
_MERGES: Final = "(generation UInt32, tx Int64, position Int64, number UInt32, old UInt32, survivor UInt32)"
_STATE: Final = """(
    only UInt8 DEFAULT 0, version UInt64, generation UInt32, tx Int64, position Int64,
    properties Array(String), events UInt64, left_out UInt64
)"""
_MERGED: Final = """SELECT old, survivor FROM plg_merges FINAL
    WHERE generation = {generation:UInt32} AND (tx, position) > ({tx:Int64}, {position:Int64})
    AND (tx, position) <= ({to_tx:Int64}, {to_position:Int64}) ORDER BY tx, position, number"""
_AMONG: Final = "among AS (SELECT arrayJoin({among:Array(UInt32)}) AS actor)"
_SHARD: Final = "cityHash64(if(person > 0, person, account))"


@dataclass(frozen=True)
class _Table:
    """key: rows that are alike in it are one row, so that sending them again changes nothing."""

    name: str
    columns: str
    key: str
    version: str = ""
    sharded: bool = False

    def statements(self, cluster: str) -> list[str]:
        """On a cluster events lie on the shard of their person; the small tables are whole on every one."""
        parts = " PARTITION BY generation" if "generation, " in self.key else ""
        ends = f"{parts} ORDER BY ({self.key})"
        if not cluster:
            engine = f"ReplacingMergeTree({self.version})"
            return [f"CREATE TABLE IF NOT EXISTS {self.name} {self.columns} ENGINE = {engine}{ends}"]
        path = "'/clickhouse/tables/{uuid}/" + ("{shard}" if self.sharded else "all") + "', '{replica}'"
        engine = f"ReplicatedReplacingMergeTree({', '.join(filter(None, (path, self.version)))})"
        local = f"{self.name}_local" if self.sharded else self.name
        made = [
            f"CREATE TABLE IF NOT EXISTS {local} ON CLUSTER {cluster} {self.columns} ENGINE = {engine}{ends}"
        ]
        if self.sharded:
            engine = f"Distributed({cluster}, currentDatabase(), {local}, {_SHARD})"
            made.append(
                f"CREATE TABLE IF NOT EXISTS {self.name} ON CLUSTER {cluster} AS {local} ENGINE = {engine}"
            )
        return made


TABLES: Final = (
    _Table("plg_events", _EVENTS, "generation, name, person, account, at, tx, position", sharded=True),
    _Table("plg_merges", _MERGES, "generation, tx, position, number"),
    _Table("plg_state", _STATE, "only", version="version"),
)


class Store:
    """The tables behind a URL: `https://user:password@host:8443/database`, or `chdb://memory/database` for an engine
    in this process. cluster: the name of the server's cluster, if it is one. Every method raises
    `ColumnsUnreachable`."""

    def __init__(self, url: str, cluster: str = "") -> None:
        self._url, self._cluster = url, cluster
        self._merges: tuple[int, Place, Merges] = (0, START, Merges())

    @property
    def _is_here(self) -> bool:
        return self._url.startswith("chdb:")

    @cached_property
    def _client(self) -> Client:
        import clickhouse_connect  # a sixth of a second, and only for who has a server

        clickhouse_connect.common.set_setting("autogenerate_session_id", False)  # several threads ask at once
        try:
            if self._is_here:
                client = clickhouse_connect.get_client(dsn=self._url)
            else:
                client = clickhouse_connect.get_client(
                    dsn=self._url,
                    connect_timeout=10,
                    send_receive_timeout=SECONDS,
                    query_retries=TRIES - 1,
                    form_encode_query_params=True,  # some are longer than an address may be
                )
            for table in TABLES:
                for statement in table.statements(self._cluster):
                    client.command(statement)
        except _faults() as error:
            raise _unreachable(error) from None
        return client

    def state(self) -> State:
        """The newest state; an empty one before the first append."""
        asked = "version, generation, tx, position, properties, events, left_out"
        rows = self.rows(f"SELECT {asked} FROM plg_state ORDER BY version DESC LIMIT 1")
        if not rows:
            return State()
        version, generation, tx, position, properties, events, left_out = rows[0]
        return State(version, generation, (tx, position), tuple(properties), events, left_out)

    def keep(self, state: State) -> None:
        """From now on readers see this state."""
        row = [
            state.version,
            state.generation,
            *state.place,
            list(state.properties),
            state.events,
            state.left_out,
        ]
        names = ["version", "generation", "tx", "position", "properties", "events", "left_out"]
        self.insert("plg_state", names, [[value] for value in row])

    def merges(self, state: State) -> Merges:
        """Who stands for whom at a state: what was read before, and the rows that came since."""
        generation, place, known = self._merges
        if generation != state.generation or place > state.place:
            place, known = START, Merges()
        if place != state.place:
            asked = {"generation": state.generation, "tx": place[0], "position": place[1]}
            asked |= {"to_tx": state.place[0], "to_position": state.place[1]}
            known = known.extended((old, survivor) for old, survivor in self.rows(_MERGED, asked))
        self._merges = (state.generation, state.place, known)
        return known

    def rows(
        self, query: str, asked: Mapping[str, Any] | None = None, among: Keys | None = None
    ) -> Sequence[Sequence[Any]]:
        """asked: the values of the query's parameters. among: the column `actor` of a table `among` that goes with
        the query, and on to every shard."""
        values, beside = dict(asked or {}), None
        if among is not None and self._is_here:
            query, values = f"WITH {_AMONG} {query}", values | {"among": among.tolist()}
        elif among is not None:
            beside = _beside(among)
        try:
            return self._client.query(query, parameters=values, external_data=beside).result_rows
        except _faults() as error:
            raise _unreachable(error) from None

    def column(self, query: str, asked: Mapping[str, Any]) -> Any:
        """The only column of a query as a NumPy array."""
        try:
            found = self._client.query_np(query, parameters=dict(asked))
        except _faults() as error:
            raise _unreachable(error) from None
        return found.reshape(-1)

    def insert(self, table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        """Sent again, the same rows are one row: see the tables' keys."""
        try:
            self._client.insert(table, columns, column_names=list(names), column_oriented=True)
        except _faults() as error:
            raise _unreachable(error) from None

    def erase(self, persons: Sequence[int]) -> None:
        """Delete what these records did, on every shard, before this returns."""
        where = f"person IN ({', '.join(str(int(each)) for each in persons)})"
        self._change("plg_events", f"DELETE FROM {{}} WHERE {where}")

    def drop(self, generation: int) -> None:
        """Delete what was filled before the columns were filled anew."""
        for table in ("plg_events", "plg_merges"):
            self._change(table, f"ALTER TABLE {{}} DROP PARTITION {int(generation)}")

    def _change(self, table: str, statement: str) -> None:
        sharded = next(each.sharded for each in TABLES if each.name == table)
        local = f"{table}_local" if sharded and self._cluster else table
        on = f" ON CLUSTER {self._cluster}" if self._cluster else ""
        try:
            self._client.command(statement.format(local + on))
        except _faults() as error:
            raise _unreachable(error) from None


def _beside(among: Keys) -> ExternalData:
    from clickhouse_connect.driver.external import ExternalData

    rows = among.astype("<u4").tobytes()
    return ExternalData(file_name="among", data=rows, fmt="RowBinary", structure="actor UInt32")


def _faults() -> tuple[type[Exception], ...]:
    from clickhouse_connect.driver.exceptions import Error

    return Error, OSError


def _unreachable(error: Exception) -> ColumnsUnreachable:
    """Without the query and the address, which may hold a password."""
    return ColumnsUnreachable(
        f"ClickHouse: {type(error).__name__}: {str(error).partition('for url')[0][:300]}"
    )
