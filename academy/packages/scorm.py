"""SCORM 1.2 as a course: each item that opens something becomes a lesson; the package stays one file beside them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from academy.lesson_kinds import Scorm
from academy.packages.archive import NESTED, Archive, PackageFaulty
from academy.packages.content import MAX_LESSONS, Content, Lesson
from academy.packages.manifest import Item, Manifest, Resource
from academy.packages.naming import Names
from academy.packages.report import Report
from plg.kit.errors import Fault
from plg.web.i18n import N_

NAME: Final = "SCORM 1.2"


def read_scorm(archive: Archive, manifest: Manifest) -> Content:
    """The course in a package. PackageFaulty names every item that cannot be opened, and why."""
    report = Report(NAME, manifest.title or NAME)
    content = Content(report.title, manifest.summary, report)
    content.package = Names().file(f"{report.title}.zip")
    keys, faults = Names(), []
    items = [item for _around, item in manifest.leaves()] or _unlisted(manifest)
    for number, item in enumerate(items, 1):
        title = item.title or manifest.title or NAME
        resource = manifest.resources.get(item.resource)
        refusal = _refusal(archive, resource)
        if refusal or resource is None:
            faults.append(Fault(title, refusal or "points at no resource of the package"))
        elif number > MAX_LESSONS:
            report.lose("SCO", title, N_("a course has at most {most} lessons"), most=MAX_LESSONS)
        else:
            lesson = Lesson(keys.key(title, f"lesson-{number}"), title)
            lesson.work = _work(content.package, resource, item, report, title)
            content.lessons.append(lesson)
            what = "SCO" if resource.is_sco else "asset"
            report.carry(what, resource.told, N_("the lesson {name}"), name=lesson.key)
    if not items:
        faults.append(Fault("imsmanifest.xml", "names nothing to open"))
    if faults:
        raise PackageFaulty(errors=faults)
    _name_modules(content, manifest)
    report.note(
        N_("Content that is made of frames runs only where `content_url` gives it a host of its own.")
    )
    for name in archive.names:
        if name.lower().endswith(NESTED):
            report.lose("file", name, N_("is an archive, which is kept and never opened"))
    return content


def _unlisted(manifest: Manifest) -> list[Item]:
    """A package without a tree: what it calls a SCO."""
    scos = [each for each in manifest.resources.values() if each.is_sco]
    return [Item(manifest.title, each.key, (), {}) for each in scos]


def _refusal(archive: Archive, resource: Resource | None) -> str:
    if resource is None:
        return "points at no resource of the package"
    if not resource.told:
        return "its resource says no file to open"
    if resource.href is None:
        return f"opens {resource.told[:100]!r}, which is no file of the package"
    return "" if resource.href in archive else f"opens {resource.href!r}, which is not in the package"


def _work(package: str, resource: Resource, item: Item, report: Report, title: str) -> dict[str, Any]:
    """What the lesson's file says. A rule of the manifest that is not carried is named."""
    rules = dict(item.rules)
    if rules.pop("prerequisites", None):
        report.lose("prerequisites", title, N_("courses here say by `opens` what comes first"))
    work: dict[str, Any] = {"kind": "scorm", "package": package, "launch": resource.href}
    if not resource.is_sco:
        work["done_by"] = "opened"
    _part, mark, query = resource.told.partition("?")
    parameters = item.parameters or mark + query
    given = {
        "parameters": parameters if parameters[:1] in ("", "?", "#") else f"?{parameters.lstrip('&')}",
        "mastery_score": _whole(rules.get("masteryscore", "")),
        "launch_data": rules.get("datafromlms", ""),
        "max_time_allowed": rules.get("maxtimeallowed", ""),
        "time_limit_action": rules.get("timelimitaction", "").replace(", ", ","),
    }
    for name, value in given.items():
        if value in ("", None):
            continue
        try:
            Scorm.model_validate(work | {name: value})
        except ValidationError:
            report.lose(name, title, N_("says {value}, which SCORM 1.2 does not have"), value=value)
        else:
            work[name] = value
    if "masteryscore" in rules and "mastery_score" not in work:
        report.lose(
            "mastery_score", title, N_("says {value}, which is no score"), value=rules["masteryscore"]
        )
    return work


def _whole(told: str) -> int | None:
    try:
        return round(float(told))
    except (ValueError, OverflowError):
        return None


def _name_modules(content: Content, manifest: Manifest) -> None:
    """Items around others become modules."""
    around = [" · ".join(titles) for titles, _item in manifest.leaves()]
    for lesson, module in zip(content.lessons, around, strict=False):
        lesson.module = module
