"""Problems of Open edX (OLX): `<problem>` with its responses, alone or within a library or a course.

Each response is a question; what stands before it, and its own label, is what it asks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from academy.interchange import carrying, markup, weights
from academy.interchange.carrying import NotCarried, Said, Source
from academy.interchange.escaping import escaped
from academy.interchange.format import FileUnreadable, Format, Found
from academy.interchange.html_tree import Element
from academy.interchange.report import Notes
from academy.interchange.weights import Weighed
from academy.interchange.xml_tree import is_xml, read_xml
from academy.questions.numbers import written
from plg.web.i18n import N_

RANGE: Final = re.compile(r"([\[(])\s*([^,\s]+)\s*,\s*([^,\s]+)\s*([\])])")
ABOUT: Final = (
    "label",
    "description",
    "p",
    "div",
    "pre",
    "ul",
    "ol",
    "img",
    "table",
    "h3",
    "h4",
    "span",
    "b",
    "i",
    "em",
)
HINTS: Final = ("choicehint", "optionhint", "correcthint", "compoundhint", "stringequalhint", "hintgroup")
SETTINGS: Final = ("max_attempts", "weight", "rerandomize", "showanswer", "attempts_before_showanswer_button")
NO_SETTING: Final = N_("questions here have no such setting: {value}")


def looks_so(data: bytes) -> bool:
    """Whether a problem stands near its beginning."""
    return is_xml(data, b"problem", b"library", b"vertical", b"sequential", b"chapter")


def read(name: str, data: bytes, notes: Notes) -> Found:
    """See Read."""
    root = read_xml(name, data)
    problems = [root] if root.name == "problem" else list(root.within("problem"))
    if not problems:
        raise FileUnreadable.at(
            f"{name}: line {root.line}", f"begins with <{root.name}> and holds no <problem>"
        )
    sources = [source for problem in problems for source in _sources(problem)]
    return Found(carrying.carry(sources, notes), len(sources))


def _sources(problem: Element) -> Iterator[Source]:
    """The questions of a problem; one without a response asks nothing."""
    title = problem.get("url_name") or problem.get("display_name")
    responses = [each for each in problem.within() if each.name.endswith("response")]
    for place, each in enumerate(responses, 1):
        name = f"{title} {place}" if len(responses) > 1 else title
        yield Source(f"line {each.line or problem.line}", name, partial(_made, problem, responses, each))
    if not responses:
        yield Source(f"line {problem.line}", title, _nothing)


def _nothing(notes: Notes) -> dict[str, Any]:
    raise NotCarried(N_("is a description without a question; put it into a lesson or a section's title"))


def _made(problem: Element, responses: list[Element], response: Element, notes: Notes) -> dict[str, Any]:
    if next(problem.within("script"), None):
        raise NotCarried(N_("its parts are made anew by rules, which questions here have not"))
    if response.name not in KINDS:
        raise NotCarried(N_("questions here have no {name}"), name=response.name)
    if len(responses) > 1:
        notes.changed("problem", N_("asks several things; each is a question of its own here"))
    for name in SETTINGS:
        if problem.get(name):
            notes.noted(name, NO_SETTING, value=problem.get(name))
    for each in problem.within("demandhint"):
        notes.lost(f"<{each.name}>", N_("questions here have no hints"))
    raw = KINDS[response.name](response, notes)
    solution = next(response.within("solution"), None) or problem.first("solution")
    said = markup.block(solution, notes) if solution else ""
    return (
        {"text": _stem(problem, responses, response, notes)}
        | raw
        | ({"feedback": Said(said)} if said else {})
    )


def _stem(problem: Element, responses: list[Element], response: Element, notes: Notes) -> Said:
    """What stands between the response before and this one, then what stands in it; after the last, all the rest."""
    parts: list[Element | str] = []
    passed = False
    for each in problem.parts:
        held = isinstance(each, Element) and any(_holds(each, other) for other in responses)
        if isinstance(each, Element) and _holds(each, response):
            passed = True
            parts += _words_of(each, response)
        elif held:
            if passed:
                break
            parts = []
        elif isinstance(each, str) or each.name not in ("solution", "demandhint", "script"):
            parts.append(each)
        if passed and response is not responses[-1]:
            break
    text = markup.block(Element("div", {}, parts), notes)
    if not text:
        raise NotCarried(N_("has a text without words"))
    return Said(text)


def _holds(each: Element, other: Element) -> bool:
    return each is other or any(inner is other for inner in each.within())


def _words_of(holder: Element, response: Element) -> list[Element | str]:
    """The words around a response, and those in it."""
    if holder is not response:
        return [piece for part in holder.parts for piece in _piece(part, response)]
    return [
        Element("div", {}, each.parts) if each.name in ("label", "description") else each
        for each in response.elements(*ABOUT)
    ]


def _piece(part: Element | str, response: Element) -> list[Element | str]:
    """The words of a part beside a response; none of another response."""
    if isinstance(part, str):
        return [part]
    if _holds(part, response):
        return _words_of(part, response)
    if part.name.endswith("response"):
        return []
    inner = [piece for each in part.parts for piece in _piece(each, response)]
    return [Element(part.name, part.attributes, inner, part.line)]


def _hint(each: Element, notes: Notes) -> Said | None:
    """What is told to who chose this."""
    said = [hint for hint in each.elements(*HINTS) if hint.get("selected", "true").lower() == "true"]
    if len(said) < len(each.elements(*HINTS)):
        notes.lost("<choicehint selected=false>", N_("nothing is told to who did not choose it"))
    text = " ".join(markup.block(hint, notes) for hint in said)
    return Said(text) if text.strip() else None


def _option(each: Element, percent: Decimal, notes: Notes) -> Weighed:
    words = Element(
        "div", {}, [part for part in each.parts if isinstance(part, str) or part.name not in HINTS]
    )
    text = markup.line(words, notes)
    if not text:
        raise NotCarried(N_("has a text without words"))
    return Weighed(Said(text), percent, _hint(each, notes), pinned=each.get("fixed").lower() == "true")


def _percent(choice: Element) -> Decimal:
    correct = choice.get("correct").lower()
    if correct == "partial":
        return _number(choice.get("point_value", "0.5")) * 100
    return Decimal(100 if correct == "true" else 0)


def _one_of(response: Element, notes: Notes) -> dict[str, Any]:
    group = next(response.within("choicegroup"), response)
    options = [_option(each, _percent(each), notes) for each in group.elements("choice")]
    fixed = any(option.pinned for option in options)
    return weights.single(options, notes) | (
        {} if group.get("shuffle") == "true" or fixed else {"shuffle": False}
    )


def _any_of(response: Element, notes: Notes) -> dict[str, Any]:
    group = next(response.within("checkboxgroup"), response)
    choices = group.elements("choice")
    right = sum(each.get("correct").lower() == "true" for each in choices)
    if response.get("partial_credit").lower() != "edc":
        notes.changed(
            "choiceresponse", N_("all of it or nothing there; here each right part earns its share")
        )
    for each in group.elements("compoundhint"):
        notes.lost(f"<{each.name}>", N_("questions here show nothing by rules of their own"))
    options = [
        _option(each, Decimal(100) / right if each.get("correct").lower() == "true" else
                Decimal(-100) / (len(choices) - right), notes)
        for each in choices
    ]  # fmt: skip
    return weights.multiple(options, notes) | {"shuffle": False}


def _from_list(response: Element, notes: Notes) -> dict[str, Any]:
    listed = next(response.within("optioninput"), None)
    if listed is None:
        raise NotCarried(N_("has no options"))
    options = [_option(each, _percent(each), notes) for each in listed.elements("option")]
    for text in _listed(listed.get("options")):
        options.append(Weighed(Said(escaped(text)), Decimal(100 if text == listed.get("correct") else 0)))
    return weights.single(options, notes) | {"shuffle": False}


def _listed(told: str) -> list[str]:
    """`('red','blue')` as a list."""
    try:
        found = ast.literal_eval(told) if told.strip() else ()
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = told.strip("() ").split(",")
    parts = found if isinstance(found, tuple | list) else (found,)
    return [text for each in parts if (text := " ".join(str(each).split()))]


def _text(response: Element, notes: Notes) -> dict[str, Any]:
    kind = response.get("type").split()
    if "regexp" in kind:
        raise NotCarried(N_("its answers are regular expressions; here they are words with * for anything"))
    answers = [_accepted(each, notes) for each in (response, *response.elements("additional_answer"))]
    for each in response.elements("stringequalhint", "regexphint"):
        notes.lost(f"<{each.name}>", N_("what is wrong has no feedback of its own here"))
    case = {} if "ci" in kind else {"case": True}
    return {"kind": "short_text", "answers": answers} | case


def _accepted(each: Element, notes: Notes) -> dict[str, Any]:
    hint = each.first("correcthint")
    said = markup.block(hint, notes) if hint else ""
    return {"text": each.get("answer").replace("*", "\\*")} | ({"feedback": Said(said)} if said else {})


def _numeric(response: Element, notes: Notes) -> dict[str, Any]:
    param = next((each for each in response.within("responseparam") if each.get("type") == "tolerance"), None)
    tolerance = (param.get("default") if param else "") or response.get("tolerance")
    answers = [_near(each.get("answer"), tolerance, notes) for each in (response,
               *response.elements("additional_answer"))]  # fmt: skip
    hint = response.first("correcthint")
    said = markup.block(hint, notes) if hint else ""
    answers[0] |= {"feedback": Said(said)} if said else {}
    return {"kind": "numeric", "answers": answers}


def _near(told: str, tolerance: str, notes: Notes) -> dict[str, Any]:
    if between := RANGE.fullmatch(told.strip()):
        if "(" in told or ")" in told:
            notes.changed("answer", N_("the ends of its range are accepted, too"))
        low, high = _number(between[2]), _number(between[3])
        return {"value": written((low + high) / 2), "tolerance": written(abs(high - low) / 2)}
    value = {"value": written(_number(told))}
    if tolerance.strip().endswith("%"):
        return value | {"tolerance": written(_number(tolerance.strip(" %")) / 100), "measure": "relative"}
    return value | ({"tolerance": written(_number(tolerance))} if tolerance.strip() else {})


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 25:
        raise NotCarried(N_("{text} is no number"), text=text.strip()[:40])
    return found


KINDS: Final[dict[str, Callable[[Element, Notes], dict[str, Any]]]] = {
    "multiplechoiceresponse": _one_of,
    "choiceresponse": _any_of,
    "optionresponse": _from_list,
    "stringresponse": _text,
    "numericalresponse": _numeric,
}
FORMAT: Final = Format("olx", "OLX", (".olx.xml",), "application/xml", looks_so, read)
