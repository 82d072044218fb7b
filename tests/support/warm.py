"""Keeps what every app of the suite would compute anew and find unchanged, because hundreds of tests make an app:
compiled templates, compiled URL rules, the list of wings, and engines with the statements that they compiled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine import Engine
from werkzeug.routing import Rule

import plg.kit.wing
from plg.kit.db import db


@cache
def up() -> None:
    """From now on apps of this process share what is the same in all of them."""
    Flask.jinja_options = {"bytecode_cache": _Templates()}
    Rule.compile = _remembering(Rule.compile)  # type: ignore[method-assign]
    plg.kit.wing.entry_points = cache(plg.kit.wing.entry_points)  # type: ignore[attr-defined]
    db._make_engine = _sharing(db._make_engine)  # type: ignore[method-assign]


class _Templates(BytecodeCache):
    """Compiled templates by file and content."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def _remembering(compile: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """What a rule is compiled to hangs on nothing but its text, its defaults and what the map adds; the functions
    that build URLs are bound to the rule anew."""
    compiled: dict[Any, dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        if key not in compiled:
            compile(rule)
            compiled[key] = {name: getattr(rule, name) for name in _COMPILED}
            compiled[key] |= {name: getattr(rule, name).__func__ for name in _BUILDERS}
            return
        kept = compiled[key]
        vars(rule).update({name: kept[name] for name in _COMPILED})
        vars(rule).update({name: kept[name].__get__(rule) for name in _BUILDERS})

    return compile_once


_COMPILED = ("_parts", "_trace", "_converters", "arguments")
_BUILDERS = ("_build", "_build_unknown")

_shared: dict[str, dict[str, Engine]] = {}


@contextmanager
def engines(url: str) -> Iterator[None]:
    """All apps of the block that ask for this database with the same options share an engine."""
    _shared[url] = {}
    try:
        yield
    finally:
        for engine in _shared.pop(url).values():
            engine.dispose()


def part() -> None:
    """A process that was forked off has engines of its own: a connection speaks for one process only."""
    _shared.clear()


def _sharing(make_engine: Callable[..., Engine]) -> Callable[..., Engine]:
    def make_once(bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        made = _shared.get(app.config["SQLALCHEMY_DATABASE_URI"])
        if made is None:
            return make_engine(bind_key, options, app)
        name = repr(sorted((name, str(value)) for name, value in options.items()))
        if name not in made:
            made[name] = make_engine(bind_key, options, app)
        return made[name]

    return make_once
