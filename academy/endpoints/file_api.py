"""Files that learners hand in, by API: sent as the answer to a question, and handed out."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi3 import FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field
from werkzeug import Response

from academy import attempts, uploads
from academy.endpoints.api import ACTORS, attempt_out, owner
from academy.endpoints.file_pages import handed_out
from academy.endpoints.shapes import AttemptOut, AttemptPath, LocaleQuery, PersonId, PersonQuery
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires

api = APIBlueprint(
    "academy_file_api",
    __name__,
    url_prefix="/v1/academy/attempts",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


class FilePath(AttemptPath):
    question: Annotated[int, Field(ge=1, le=1000)]


class FileIn(BaseModel):
    """sequence: the attempt's, as it was last read."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(description="Of a type and size that the question takes")
    sequence: int = Field(ge=0, le=2_000_000_000)
    person: PersonId = None


@api.post("/<attempt>/files/<int:question>", summary="Answer with a file", responses={200: AttemptOut})
@requires("secret", "user")
def send_file(path: FilePath, query: LocaleQuery, form: FileIn) -> dict[str, Any]:
    """Kept and saved as the answer in one. 409 `stale_answers` as when answers are saved; no file is kept then."""
    person, name = owner(form.person or query.person), form.file.filename or ""
    kept = uploads.keep(path.attempt, path.question, name, form.file.read(), person_id=person)
    answers = {path.question: kept.public_id}
    return attempt_out(attempts.save(path.attempt, answers, form.sequence, person_id=person), query.locale)


@api.get("/<attempt>/files/<int:question>", summary="A file that was handed in", responses={200: None})
@requires("secret", "user")
def get_handed_in_file(path: FilePath, query: PersonQuery) -> Response:
    """The bytes, to be kept on a disk."""
    attempt = attempts.find(path.attempt, person_id=owner(query.person))
    return handed_out(uploads.answered(attempt, path.question))
