"""Packages of other systems over the API: drafts of courses, or what would become of a package."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi3 import FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field

from academy.endpoints.authoring_shapes import DraftFaultOut
from academy.packages import importing
from academy.texts import Key
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_package_api",
    __name__,
    url_prefix="/v1/academy",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


class PackageIn(BaseModel):
    """course: the key of the new one; made from its title, without."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(description="At most 25 MB; the page of the staff and the command take 200 MB")
    course: Annotated[Key | None, Field(json_schema_extra={"example": "safety"})] = None
    dry_run: bool = Field(False, json_schema_extra={"example": True})


class CarriedOut(BaseModel):
    what: str = Field(json_schema_extra={"example": "page"})
    source: str = Field(description="Where it stands in the package")
    became: str


class LostOut(BaseModel):
    what: str
    source: str
    reason: str


class PackageOut(BaseModel):
    course: str
    edition: int | None = Field(description="Of the draft; null for a dry run")
    format: str = Field(json_schema_extra={"example": "Common Cartridge 1.3"})
    title: str
    lessons: int
    questions: int
    files: int
    carried: list[CarriedOut]
    lost: list[LostOut] = Field(description="All that is not carried, each with its reason")
    notes: list[str]
    faults: list[DraftFaultOut] = Field(description="What keeps the draft from being published as it is")


@api.post(
    "/imports",
    summary="Make a package of another system the draft of a course",
    description="Common Cartridge 1.1 to 1.3, SCORM 1.2, or a file of questions. Nothing is published. 422 "
    "`package_faulty` names every reason why a package is not taken, 409 `course_exists`.",
    responses={200: PackageOut},
)
@requires("secret")
def import_package(form: PackageIn) -> dict[str, Any]:
    stream, name, key = form.file.stream, form.file.filename or "", form.course or ""
    if form.dry_run:
        return importing.inspect(stream, key, name=name).plain()
    return importing.make_draft(stream, key, by=current_caller().actor, name=name).plain()
