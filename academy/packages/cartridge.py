"""Common Cartridge 1.1 to 1.3 as a course: pages and links become lessons, assessments become banks of the quiz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from academy import course_media, interchange
from academy.draft_media import STARTS
from academy.interchange.escaping import destination, escaped, printed
from academy.packages import cc_questions
from academy.packages.archive import NESTED, Archive, PackageFaulty, target
from academy.packages.content import MAX_BODY, MAX_LESSONS, Content, Lesson
from academy.packages.manifest import Item, Manifest, Resource
from academy.packages.naming import Names
from academy.packages.page import Point, as_markdown
from academy.packages.question_files import add_to
from academy.packages.report import Report
from academy.packages.xml import attribute, child, read_xml, said
from plg.kit.errors import Fault, Refusal
from plg.web.i18n import N_

PAGES: Final = (".html", ".htm", ".xhtml")
MAX_PAGE: Final = 1_000_000
MAX_MEDIA: Final = 500
MAX_BANKS: Final = 50
KINDS: Final = (
    (re.compile(r"imsdt_"), "discussion", N_("there are no discussions here")),
    (re.compile(r"imsbasiclti"), "LTI link", N_("tools of others are not opened here")),
    (re.compile(r"^assignment"), "assignment", N_("there are no assignments here")),
    (re.compile(r"epub"), "EPUB", N_("books are not opened here")),
)
"""Types of resources that no course has, how they are called, and why."""
TAKEN: Final = frozenset((*STARTS, *(each[1:] for each in course_media.SHOWN), "csv", "txt", "mp3", "rtf"))
"""The endings of files that a course takes along."""
OTHER_QTI: Final = re.compile(r"imsqti_\w*v[23]p")
BASE: Final = re.compile(r"\$IMS[-_]CC[-_]FILEBASE\$/?", re.IGNORECASE)


def read_cartridge(archive: Archive, manifest: Manifest) -> Content:
    """The course in a cartridge. PackageFaulty where nothing of it becomes a lesson or a question."""
    name = f"Common Cartridge {manifest.version}"
    report = Report(name, manifest.title or name)
    reading = _Reading(archive, manifest, Content(report.title, manifest.summary, report))
    reading.plan()
    reading.write()
    reading.name_the_rest()
    content = reading.content
    if not content.lessons:
        raise PackageFaulty(errors=[Fault("", "holds nothing that becomes a lesson")])
    return content


@dataclass
class _Reading:
    archive: Archive
    manifest: Manifest
    content: Content
    keys: Names = field(default_factory=Names)
    question_keys: Names = field(default_factory=Names)
    file_names: Names = field(default_factory=Names)
    planned: list[tuple[Lesson, Item, Resource]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    """The key of the lesson that each page of the package becomes."""
    media: dict[str, str | None] = field(default_factory=dict)
    """The name in the course of each file that is pointed at; None for one that is not taken."""
    used: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    @property
    def report(self) -> Report:
        """What became of each element."""
        return self.content.report

    def plan(self) -> None:
        """Which item becomes which lesson, so that pages can point at each other."""
        for around, item in self.manifest.leaves():
            resource = self.manifest.resources.get(item.resource)
            title = item.title or (resource.told if resource else item.resource)
            if resource is None:
                self.report.lose("item", title, N_("points at no resource of the package"))
                continue
            again = resource.key in self.met
            self.met.add(resource.key)
            if self._is_elsewhere(resource, title):
                continue
            if again:
                self.report.lose("item", title, N_("shows again what another lesson shows"))
            elif len(self.planned) == MAX_LESSONS:
                self.report.lose("item", title, N_("a course has at most {most} lessons"), most=MAX_LESSONS)
            else:
                number = len(self.planned) + 1
                lesson = Lesson(self.keys.key(title, f"lesson-{number}"), title, module=" · ".join(around))
                self.planned.append((lesson, item, resource))
                if resource.href and resource.href.lower().endswith(PAGES):
                    self.pages[resource.href] = lesson.key

    def _is_elsewhere(self, resource: Resource, title: str) -> bool:
        """Whether the resource is no lesson, because it is a question bank or nothing that a course has."""
        if "imsqti" in resource.type:
            return True  # read with all others, whether the tree names them or not
        for pattern, what, reason in KINDS:
            if pattern.search(resource.type):
                self.report.lose(what, title, reason)
                self.used.update(resource.files)
                return True
        return False

    def write(self) -> None:
        """Every lesson that was planned, and every assessment."""
        for lesson, item, resource in self.planned:
            try:
                what = self._fill(lesson, resource)
            except PackageFaulty as refusal:
                self.report.lose("item", lesson.title, "; ".join(each.message for each in refusal.errors))
                continue
            if what:
                self.content.lessons.append(lesson)
                self.report.carry(what, item.title or resource.told, N_("the lesson {name}"), name=lesson.key)
        single = cc_questions.Assessment(self.content.title)
        for resource in self.manifest.resources.values():
            if "imsqti" in resource.type:
                self._assessment(resource, single)
        self._keep_bank(single, self.content.title)

    def _fill(self, lesson: Lesson, resource: Resource) -> str:
        """Write the lesson; what it was, or "" where it is not carried, which is told."""
        name = resource.href or next(iter(resource.files), None)
        if name is None or name not in self.archive:
            self.report.lose(
                "item", lesson.title, N_("its file {name} is not in the package"), name=resource.told
            )
            return ""
        self.used.add(name)
        if "imswl_" in resource.type:
            return self._web_link(lesson, name)
        if name.lower().endswith(PAGES):
            return self._page(lesson, name)
        file = self._media(name, lesson.title)
        if file is None:
            return ""
        title = dict.fromkeys(("es", "en"), lesson.title[:1000])
        lesson.work = {"kind": "downloads", "files": [{"file": file, "title": title}]}
        return "file"

    def _page(self, lesson: Lesson, name: str) -> str:
        text = _decoded(self.archive.read(name, limit=MAX_PAGE))
        lost: dict[tuple[str, str], int] = {}

        def lose(what: str, why: str) -> None:
            lost[what, why] = lost.get((what, why), 0) + 1

        body = as_markdown(text, point=self._pointing(name, lesson.title, pages=self.pages), lose=lose)
        for (what, why), count in lost.items():
            self.report.lose(what if count == 1 else f"{count} {what}", name, why)
        if len(body) > MAX_BODY:
            self.report.lose("page", name, N_("is longer than {most} characters"), most=MAX_BODY)
            return ""
        lesson.body = body
        return "page"

    def _web_link(self, lesson: Lesson, name: str) -> str:
        root = read_xml(name, self.archive.read(name))
        url = child(root, "url")
        href = attribute(url, "href") if url is not None else ""
        if urlsplit(href).scheme not in ("http", "https"):
            self.report.lose("web link", lesson.title, N_("leads to no web address"))
            return ""
        words = said(child(root, "title")) or lesson.title
        lesson.body = f"[{escaped(printed(words))}](<{destination(printed(href))}>)\n"
        return "web link"

    def _assessment(self, resource: Resource, single: cc_questions.Assessment) -> None:
        """single: takes the questions of later versions of QTI, of which each has a file of its own."""
        name = resource.href or next(iter(resource.files), "")
        self.used.update((name, *resource.files))
        if name not in self.archive:
            self.report.lose("assessment", resource.told, N_("is not in the package"))
            return
        try:
            if OTHER_QTI.search(resource.type):
                reading = interchange.read(name, self.archive.read(name))
                add_to(self.report, single, reading, self.question_keys, name)
            elif (found := self._questions(name)).questions:
                self._keep_bank(found, name)
            else:
                self.report.lose("assessment", found.title or name, N_("holds no question that is carried"))
        except Refusal as refusal:
            told = "; ".join(each.message for each in refusal.errors)
            self.report.lose("assessment", name, told or refusal.detail)

    def _keep_bank(self, found: cc_questions.Assessment, name: str) -> None:
        if not found.questions:
            return
        if len(self.content.banks) == MAX_BANKS:
            self.report.lose(
                "assessment", found.title or name, N_("a course has at most {most} banks"), most=MAX_BANKS
            )
            return
        key = self.keys.key(found.title, "questions")
        self.content.banks[key] = found
        self.report.carry(
            "assessment",
            found.title or name,
            N_("{count} questions of the bank {name}"),
            count=len(found.questions),
            name=key,
        )

    def _questions(self, name: str) -> cc_questions.Assessment:
        return cc_questions.read_assessment(
            read_xml(name, self.archive.read(name)),
            self.question_keys,
            point=self._pointing(name, name, pages={}),
            lose=lambda what, why: self.report.lose("question", f"{name}: {what}", why),
        )

    def _pointing(self, base: str, source: str, *, pages: Mapping[str, str]) -> Point:
        """pages: those that can be pointed at, with the keys of their lessons; from a quiz there is no way to one."""

        def point(href: str) -> str | None:
            told = BASE.sub("", unquote(href) if "%24IMS" in href.upper() else href)
            place = "" if told != href else base
            if href.startswith("//"):
                return f"https:{href}"
            try:
                scheme = urlsplit(told).scheme.lower()
            except ValueError:
                scheme = "broken"
            if scheme in ("http", "https", "mailto"):
                return told
            if scheme:
                self.report.lose("link", f"{source}: {href[:80]}", N_("leads to no web address"))
                return None
            return self._inside(target(place, told), href, source, pages)

        return point

    def _inside(self, name: str | None, href: str, source: str, pages: Mapping[str, str]) -> str | None:
        """What a link into the package points at in the course."""
        if name is not None and name not in self.archive and f"web_resources/{name}" in self.archive:
            name = f"web_resources/{name}"
        if name is None or name not in self.archive:
            self.report.lose("link", f"{source}: {href[:80]}", N_("leads to nothing in the package"))
            return None
        if name in pages:
            return pages[name]
        file = self._media(name, source)
        return f"files/{file}" if file else None

    def _media(self, name: str, source: str) -> str | None:
        """The file's name in the course; None where it is not taken, which is told."""
        if name not in self.media:
            self.used.add(name)
            refusal = self._refusal(name)
            if refusal:
                self.report.lose("file", name, refusal, size=course_media.MAX_BYTES, most=MAX_MEDIA)
                self.media[name] = None
            else:
                file = self.file_names.file(name.rpartition("/")[2])
                self.media[name], self.content.media[file] = file, name
                self.report.carry("file", name, N_("the file {name}"), name=file)
        return self.media[name]

    def _refusal(self, name: str) -> str:
        ending = name.rpartition(".")[2].lower()
        if ending in {each[1:] for each in PAGES}:
            return N_("is a page that is no item of the package, so it is no lesson")
        if f".{ending}" in NESTED and ending != "zip":
            return N_("is an archive, which is never opened")
        if ending not in TAKEN:
            return N_("is of a type that no course takes along")
        start = next(self.archive.pieces(name))
        if ending in STARTS and not STARTS[ending].match(start):
            return N_("is not what its name says")
        if self.archive.size(name) > course_media.MAX_BYTES:
            return N_("is larger than {size} bytes")
        if len(self.content.media) == MAX_MEDIA:
            return N_("a course has at most {most} files")
        return ""

    def name_the_rest(self) -> None:
        """What nothing pointed at is named, too."""
        for resource in self.manifest.resources.values():
            if resource.key not in self.met and "imsqti" not in resource.type:
                self._is_elsewhere(resource, resource.told or resource.key)
        for name in self.archive.names:
            if name not in self.used and name.lower() != "imsmanifest.xml":
                self.report.lose("file", name, N_("nothing that was carried points at it"))


def _decoded(content: bytes) -> str:
    """The page as text: UTF-8, what it says of itself, else as browsers guess."""
    said_here = re.search(
        rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{1,40})", content[:4_096], re.IGNORECASE
    )
    for encoding in ("utf-8-sig", said_here[1].decode() if said_here else "cp1252"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")
