"""Content of packages on its way out, and its word on the way in, at addresses that are passes.

Nothing here looks at a cookie or a key, and no answer is a page of ours: each carries a sandbox and a policy that
lets it load and reach what lies under its own pass, and nothing else of this host. With `content_url` set, that host
shows nothing else, and no other host shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, current_app, request, send_from_directory
from pydantic import ValidationError
from werkzeug.wsgi import wrap_file

from academy.endpoints.lesson_shapes import ScormWord
from academy.lesson_kinds.scorm import CONTENT
from academy.packages.archive import target
from academy.scorm import data_model, packages, passes, runs
from academy.scorm.passes import LASTS_SECONDS, PREVIEW, Pass
from academy.scorm.runs import Launch
from plg.kit.db import db
from plg.kit.errors import NotFound, Unprocessable
from plg.kit.rate_limits import limiter
from plg.settings import Settings
from plg.web.problems import request_faults

bp = Blueprint("academy_content", __name__, url_prefix="/content")

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
MAX_WORD: Final = 1_000_000
SANDBOX: Final = "allow-scripts allow-forms allow-modals allow-popups allow-downloads"
WITH_ORIGIN: Final = f"{SANDBOX} allow-same-origin"
"""Where content has a host of its own, its pages may share an origin, which tools that use frames need."""
POLICY: Final = (
    "default-src {here} data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src {here} data: blob:;"
    " form-action {here}; base-uri {here}; object-src 'none'; sandbox {sandbox}"
)
FRAME: Final = """<!doctype html><html><head><meta charset="utf-8"><title>SCORM</title>
<style>html,body,iframe{{margin:0;border:0;width:100%;height:100%;display:block}}</style>
<script src="runtime.js"></script></head>
<body><iframe src="../{at}" title="SCORM" allow="fullscreen"></iframe></body></html>
"""


class ContentNotFound(NotFound):
    pass


class WordFaulty(Unprocessable):
    """What content told cannot be read."""


def frame(launch: Launch, enrolment_id: int, lesson_key: str) -> dict[str, Any]:
    """What a page needs to show the content in a frame: its address, the frame's name, which hands over what the
    content reads, the sandbox, and the origin that its messages come from. They hold no secret, so they may go to any
    page; ours narrows `page` to itself."""
    about, own = launch.about, _settings().content_url
    found = Pass(about.digest, about.size, enrolment_id, lesson_key, launch.number)
    here = f"{own}/content/{passes.sign(found)}/"
    at = quote(launch.work.launch) + launch.work.parameters
    start = {
        "page": "*",
        "launch": launch.number,
        "values": launch.values,
        "counts": launch.counts,
        "model": data_model.for_browser(launch.work.suspend_characters),
    }
    return {
        "url": f"{here}~plg/frame?{urlencode({'at': at})}" if own else here + at,
        "name": json.dumps({"plg": start}),
        "sandbox": WITH_ORIGIN if own else SANDBOX,
        "origin": own or "null",
        "launch": launch.number,
    }


def with_origin(loads: Mapping[str, str]) -> dict[str, str]:
    """What a lesson's page loads, with the origin that content has here."""
    origin = _settings().content_url or "'self'"
    return {directive: origin if source == CONTENT else source for directive, source in loads.items()}


@bp.before_app_request
def keep_apart() -> None:
    """A host of its own for content shows nothing but content, and is the only one that does."""
    own = urlsplit(_settings().content_url).netloc
    if own and (request.host == own) != (request.blueprint == bp.name):
        raise ContentNotFound("There is nothing at this address.")


@bp.get("/<signed>/<path:name>")
def show(signed: str, name: str) -> Response:
    """A file of the package, or the part of it that was asked for."""
    found = passes.read(signed)
    with packages.opened(found.about, db.engine) as archive:
        inside = target("", quote(name))
        if inside is None or inside not in archive:
            raise ContentNotFound(f"The package holds no {name!r}.")
        if not _settings().content_url and packages.is_page(archive, inside):
            page = packages.with_script(archive.read(inside), f"/content/{quote(signed)}/~plg/runtime.js")
            return Response(page, content_type=packages.media_type(inside))
        file, size = archive.file(inside), archive.size(inside)
    answer = Response(wrap_file(request.environ, file), direct_passthrough=True)
    answer.headers["Content-Type"] = packages.media_type(inside)
    answer.content_length = size
    answer.set_etag(f"{found.digest}-{size}")
    answer.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return answer


@bp.get("/<signed>/~plg/runtime.js")
def runtime(signed: str) -> Response:
    """The API that content finds."""
    passes.read(signed)
    return send_from_directory(STATIC, "scorm-runtime.js")


@bp.get("/<signed>/~plg/frame")
def outer(signed: str) -> str:
    """A page that holds the API, around the content, where both have an origin of their own."""
    passes.read(signed)
    return FRAME.format(at=escape(request.args.get("at", "")[:1_000].lstrip("/")))


def _of_this_pass() -> str:
    """Many learners may share an address, none shares a pass."""
    return hashlib.sha256(str((request.view_args or {}).get("signed")).encode()).hexdigest()[:32]


@bp.post("/<signed>/~plg/run")
@limiter.limit("240/minute", key_func=_of_this_pass)
def note(signed: str) -> dict[str, Any]:
    """Take down what the content has written."""
    request.max_content_length = MAX_WORD
    found = passes.read(signed)
    try:
        word = ScormWord.model_validate_json(request.get_data())
    except ValidationError as error:
        raise WordFaulty(errors=request_faults(error)) from error
    if found.enrolment_id == PREVIEW:
        return {"sequence": word.sequence, "status": data_model.NOT_ATTEMPTED, "ended": word.ended}
    row = runs.save(
        found.enrolment_id, found.lesson_key, found.launch, word.sequence, word.values, ended=word.ended
    )
    return {"sequence": row.sequence, "status": runs.told(row)["status"], "ended": row.closed}


for view in (show, runtime, outer, note):
    vars(view)["plg_door"] = True  # a pass is asked for, and no cookie


@bp.after_request
def shut_in(answer: Response) -> Response:
    """Nothing that content does reaches further than its own pass; what is refused is refused as everywhere."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    if answer.status_code >= 400:
        return answer
    settings = _settings()
    signed = (request.view_args or {}).get("signed", "")
    policy = POLICY.format(here=_here(signed), sandbox=WITH_ORIGIN if settings.content_url else SANDBOX)
    if settings.content_url:
        # In a sandbox without an origin no page could hold another one by this rule.
        policy += f"; frame-ancestors {settings.public_url} {settings.content_url}"
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "GET":
        answer.headers["Cache-Control"] = f"private, max-age={LASTS_SECONDS}"
    return answer


def _here(signed: str) -> str:
    """The address under which all of a pass lies."""
    return f"{request.host_url}content/{quote(signed, safe='')}/"


def _settings() -> Settings:
    found: Settings = current_app.extensions["plg.settings"]
    return found
