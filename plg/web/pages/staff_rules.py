"""Rules as the firm's own staff build and try them: the part of a page that is one rule, and named segments."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, render_template, request, url_for

from plg.kit.caller import requires
from plg.kit.strict_yaml import write_yaml
from plg.segments import cohorts, named
from plg.segments.named import NoSuchSegment
from plg.web import rule_builder
from plg.web.i18n import current_locale

bp = Blueprint("staff_rules", __name__)

NAME: Final = "rule"
_PLURAL: Final = {"person": "people", "account": "accounts"}


@bp.post("/staff/rules")
@requires("staff")
def built() -> str:
    """One rule's form after what its button does, with the number of people that it holds for. Nothing is kept."""
    name = request.form.get("name", "")[:200]
    rule = rule_builder.posted(name, request.form, request.form.get("do", ""))
    shown = rule_builder.builder(name, rule, counted=True)
    texts = {key: request.form.get(key, "")[:200] for key in ("legend", "nothing")}
    return render_template(
        "pages/staff_rule.html", builder=shown, operators=rule_builder.OPERATOR_NAMES, **texts
    )


@bp.get("/staff/segments")
@requires("staff")
def index() -> str:
    segments = [
        {"name": key, "title": _title(key, each), "size": rule_builder.size_of(each["rule"])}
        for key, each in sorted(named.live().items())
    ]
    listed = [
        {"name": each.public_id, "title": each.title, "size": {_PLURAL[each.actor]: each.size}}
        for each in cohorts.every()
    ]
    return render_template("pages/staff_segments.html", segments=[*segments, *listed])


def _title(key: str, definition: dict[str, Any]) -> str:
    titles: dict[str, str] = definition["title"]
    return titles.get(current_locale()) or next(iter(titles.values()), key)


@bp.get("/staff/segments/<name>")
@requires("staff")
def show(name: str) -> str:
    definition = named.every().get(name)
    if definition is None:
        raise NoSuchSegment(f"There is no segment {name!r}.")
    return _page(_title(name, definition), definition["rule"])


@bp.get("/staff/rules")
@requires("staff")
def attempt() -> str:
    return _page("", None)


@bp.post("/staff/rules/tried")
@requires("staff")
def tried() -> str:
    """A rule is tried out; nothing is kept."""
    rule = rule_builder.posted(NAME, request.form, request.form.get("do", ""))
    return _page(request.form.get("title", "")[:200], rule)


def _page(title: str, rule: Any) -> str:
    return render_template(
        "pages/staff_rule_page.html",
        title=title,
        builder=rule_builder.builder(NAME, rule, counted=True),
        operators=rule_builder.OPERATOR_NAMES,
        suggestions=rule_builder.suggestions(),
        text=write_yaml(rule) if rule is not None else "",
        back=url_for("staff_rules.index"),
    )
