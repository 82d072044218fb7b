"""What the staff pages share on which courses are written: how they are drawn, and how they save."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from werkzeug import Response

from academy import draft_settings, drafts, outline
from academy.course_folder import COURSE, QUIZ
from academy.drafts import DraftChanged, DraftTooLarge, Files, FilesUnusable, Work
from academy.endpoints.fault_words import said
from academy.endpoints.page import named_actors
from plg.kit.caller import current_caller
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, Refusal, Unprocessable
from plg.web.i18n import current_locale

MOST_TOLD: Final = 20
Page = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Refused:
    """Why a save was refused. changed: somebody else saved meanwhile; told: what else is wrong, by field."""

    changed: bool = False
    told: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Of the page that says so."""
        return 409 if self.changed else 422


NOT_REFUSED = Refused()


def page(template: str, work: Work, refused: Refused = NOT_REFUSED, **context: Any) -> str:
    """The page `templates/academy/<template>` about a draft, with all that keeps it from being published."""
    seen = request.form.get("seen", type=int) if refused.changed else None
    faults = drafts.check(work.files).faults if work.edition != drafts.NONE else []
    return render_template(
        f"academy/{template}",
        key=work.key,
        work=work,
        title=title_of(work),
        faults=[(fault_url(work, fault), fault) for fault in faults],
        refused=refused,
        said=said,
        author=named_actors([work.saved_by])[work.saved_by],
        was_published=drafts.was_published(work.key),
        **{"seen_at": seen, **context},
    )


def title_of(work: Work) -> str:
    """The title that the draft's settings say in the reader's language, else the key."""
    title = (draft_settings.readable(work.files, COURSE) or {}).get("title")
    said = title.get(current_locale()) if isinstance(title, dict) else None
    return said if isinstance(said, str) and said.strip() else work.key


def fault_url(work: Work, fault: Fault) -> str:
    """The page on which a fault is mended."""
    name = fault.field.partition(":")[0]
    for line in outline.lines(work.files):
        if name in {line.body_name(language) for language in line.titles}:
            return url_for("academy_lesson_editor.show", course=work.key, lesson=line.key)
    if name == COURSE and draft_settings.readable(work.files, COURSE) is not None:
        if fault.field.startswith(f"{COURSE}: lessons"):
            return url_for("academy_outline.show", course=work.key)
        return url_for("academy_course_settings.show", course=work.key)
    if name == QUIZ and QUIZ not in work.files:
        return url_for("academy_quiz_editor.show", course=work.key)
    return url_for("academy_course_files.show", course=work.key, name=name)


def save(course: str, change: Callable[[Files], Files]) -> Refused | None:
    """Save the draft with this change of its files; None where that is done, else why it is not.

    The change is made to what the editor saw. Where they overwrite what somebody else saved meanwhile, it is made to
    that, so that nothing else of theirs is lost.
    """
    work = drafts.work(course)
    seen = request.form.get("seen", -1, type=int)
    if request.form.get("do") == "overwrite":
        seen = work.edition
    if seen != work.edition:
        return Refused(changed=True)
    try:
        drafts.save(course, change(work.files), instead_of=seen, by=current_caller().actor)
    except DraftChanged:
        db.session.rollback()
        return Refused(changed=True)
    except (FilesUnusable, DraftTooLarge, Unprocessable, Conflict) as refusal:
        return Refused(told=_told(refusal.errors) or {"": said(refusal.detail)})
    return None


def _told(errors: Iterable[Fault]) -> dict[str, str]:
    return {fault.field: said(fault.message) for fault in errors}


def tell(refusal: Refusal) -> None:
    """Say on the next page why something is refused, every fault of it."""
    for words in [f"{each.field}: {said(each.message)}" for each in refusal.errors[:MOST_TOLD]] or [
        refusal.detail
    ]:
        flash(words, "danger")


def onward(endpoint: str, course: str, **where: Any) -> Response:
    """On to a page about the course, by GET."""
    return redirect(url_for(endpoint, course=course, **where), 303)
