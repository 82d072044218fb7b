"""A course as a folder of text: `course.yaml`, `quiz.yaml`, `banks/vat.yaml`, `01-first-invoice.es.md` and the like;
`01-first-invoice.yaml`, where a lesson is more than a text; images and other files in `files/`.

Reading and writing are inverse: `read_course(course_files(course)) == course`. Comments in YAML are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml
from pydantic import ValidationError

from academy import bank_files, course_media, path_folder
from academy.bank import Bank
from academy.questions import BaseQuestion
from academy.schemas import Course
from academy.texts import LANGUAGES
from plg.kit.errors import Fault, FolderFaults
from plg.kit.strict_yaml import read_yaml, write_yaml

COURSE: Final = "course.yaml"
QUIZ: Final = "quiz.yaml"
LESSON: Final = re.compile(
    r"(?P<number>\d\d)-(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?P<language>[a-z]{2})\.md|\.yaml)"
)
KEY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_BYTES: Final = 1_000_000


def read_courses(academy: Path) -> dict[str, Course]:
    """Every course of a folder by the name of its own folder; FolderFaults names all faults of all."""
    courses: dict[str, Course] = {}
    faults: list[Fault] = []
    shared = _shared_banks(academy, faults)
    for folder in sorted(academy.iterdir()) if academy.is_dir() else ():
        if folder.name.startswith(".") or folder.name in (bank_files.FOLDER, path_folder.NAME):
            continue
        if not KEY.fullmatch(folder.name):
            faults.append(Fault(f"academy/{folder.name}", "is not lower-case words joined by hyphens"))
        try:
            courses[folder.name] = read_course(read_folder(folder), shared)
        except FolderFaults as refusal:
            faults += [
                Fault(f"academy/{folder.name}/{f.field}".rstrip("/"), f.message) for f in refusal.errors
            ]
    if faults:
        raise FolderFaults(errors=faults)
    return courses


def read_course(
    files: Mapping[str, str], shared: Mapping[str, dict[str, Any]] = MappingProxyType({})
) -> Course:
    """The course in these files (name to text). FolderFaults names each fault as `file: path`.

    shared: banks that its quiz may draw from where it has none of that name; what it draws from becomes part of it.
    """
    faults: list[Fault] = []
    raw = _read_yaml(files, COURSE, faults) if COURSE in files else None
    if COURSE not in files:
        faults.append(Fault(COURSE, "is missing"))
    quiz = _read_yaml(files, QUIZ, faults) if QUIZ in files else None
    banks = bank_files.read_banks(files, faults)
    if quiz is not None:
        quiz = _with_banks(quiz, banks, shared, faults)
    elif banks and QUIZ not in files:
        faults.append(Fault(QUIZ, "is missing, and there are questions for it"))
    lessons = _read_lessons(files, faults)
    for reserved in {"lessons", "quiz", "files"} & (raw or {}).keys():
        faults.append(Fault(f"{COURSE}: {reserved}", "is written in files of its own"))
    whole = {**(raw or {}), "lessons": lessons, **({} if quiz is None else {"quiz": quiz})}
    if course_media.LIST in files:
        whole["files"] = _read_yaml(files, course_media.LIST, faults)
    try:
        course = Course.model_validate(whole)
    except ValidationError as error:
        faults += _named(
            error, [_lesson_name(lesson) for lesson in lessons], skip={fault.field for fault in faults}
        )
    if faults:
        raise FolderFaults(errors=faults)
    return course


def course_files(course: Course) -> dict[str, str]:
    """The files (name to text) that `read_course` reads back as the same course."""
    plain = course.model_dump(exclude_none=True, exclude_defaults=True)
    lessons, quiz, media = plain.pop("lessons"), plain.pop("quiz", None), plain.pop("files", None)
    files = {COURSE: write_yaml(_numbers(plain))} | ({course_media.LIST: write_yaml(media)} if media else {})
    for name, bank in (quiz.pop("banks", {}) if quiz else {}).items():
        files[f"{bank_files.FOLDER}/{name}.yaml"] = write_yaml(_numbers(bank))
    for lesson in lessons:
        for language in LANGUAGES:
            files[f"{_lesson_name(lesson)}.{language}.md"] = lesson["body"][language]
        if "work" in lesson:
            files[f"{_lesson_name(lesson)}.yaml"] = write_yaml(_numbers(lesson["work"]))
    if quiz is not None:
        files[QUIZ] = write_yaml(_numbers(quiz))
    return files


def as_written(question: BaseQuestion) -> dict[str, Any]:
    """A question as it stands in a YAML file."""
    plain: dict[str, Any] = _numbers(question.model_dump(exclude_none=True, exclude_defaults=True))
    return plain


def write_courses(
    academy: Path,
    courses: Mapping[str, Course],
    sources: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Write each course to a folder of its own. Course files that are no part of them any more are removed.

    sources: the files that authors wrote, with their comments, of courses that have such."""
    academy.mkdir(parents=True, exist_ok=True)
    written = {key: sources.get(key) or course_files(course) for key, course in courses.items()}
    for folder in sorted(academy.iterdir()):
        if folder.is_dir() and (folder / COURSE).is_file():
            _clear(folder, keep=written.get(folder.name, {}))
    for key, files in written.items():
        (academy / key).mkdir(exist_ok=True)
        course_media.write(academy / key, courses[key].files)
        for name, text in files.items():
            if name == course_media.LIST:
                continue  # read from the files themselves
            (academy / key / name).parent.mkdir(exist_ok=True)
            (academy / key / name).write_text(text, encoding="utf-8", newline="\n")


def _clear(folder: Path, keep: Mapping[str, str]) -> None:
    """Remove the files of a course but for those to keep, and its folder where nothing is left in it."""
    for path in [*folder.glob(f"{bank_files.FOLDER}/*"), *folder.iterdir()]:
        name = path.relative_to(folder).as_posix()
        ours = name in (COURSE, QUIZ) or LESSON.fullmatch(name) or bank_files.is_bank_file(name)
        if ours and name not in keep:
            path.unlink()
    for emptied in (folder / bank_files.FOLDER, folder):
        if emptied.is_dir() and not any(emptied.iterdir()):
            emptied.rmdir()


def _shared_banks(academy: Path, faults: list[Fault]) -> dict[str, dict[str, Any]]:
    """The banks of `academy/banks`, from which any course may draw."""
    folder = academy / bank_files.FOLDER
    if not folder.is_dir():
        return {}
    try:
        files = {f"{bank_files.FOLDER}/{name}": text for name, text in _read_files(folder).items()}
    except FolderFaults as refusal:
        faults += [Fault(f"academy/{bank_files.FOLDER}/{f.field}", f.message) for f in refusal.errors]
        return {}
    own: list[Fault] = [
        Fault(name, "is no bank such as vat.yaml, vat.gift or vat.es.gift beside vat.en.gift")
        for name in files
        if not bank_files.is_bank_file(name)
    ]
    banks = bank_files.read_banks(files, own)
    for name, bank in list(banks.items()):
        try:
            Bank.model_validate(bank)
        except ValidationError as error:
            own += _named(error, [], skip=(), inside=("quiz", "banks", name))
            del banks[name]
    faults += [Fault(f"academy/{fault.field}", fault.message) for fault in own]
    return banks


def _with_banks(
    quiz: dict[str, Any],
    banks: dict[str, dict[str, Any]],
    shared: Mapping[str, dict[str, Any]],
    faults: list[Fault],
) -> dict[str, Any]:
    """The quiz with the questions that stand in files of their own."""
    if "banks" in quiz:
        faults.append(Fault(f"{QUIZ}: banks", "are written in files of their own"))
    own = banks.pop("", None)
    if own and quiz.get("questions"):
        faults.append(Fault(f"{QUIZ}: questions", "stand in a GIFT file as well"))
    drawn = {name: bank for name, bank in shared.items() if name in _named_banks(quiz) - banks.keys()}
    return quiz | (own or {}) | ({"banks": {**banks, **drawn}} if banks or drawn else {})


def _named_banks(quiz: dict[str, Any]) -> set[str]:
    """The banks that the quiz's rules name, whatever else is wrong with it."""
    parts = [quiz, *(part for part in _list(quiz.get("sections")) if isinstance(part, dict))]
    rules = [rule for part in parts for rule in _list(part.get("draw")) if isinstance(rule, dict)]
    return {rule["from"] for rule in rules if isinstance(rule.get("from"), str)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def read_folder(folder: Path) -> dict[str, str]:
    """The texts of a course folder, and the list of its other files."""
    files, media = _read_files(folder), course_media.listed(folder)
    return files | ({course_media.LIST: write_yaml(media)} if media else {})


def _read_files(folder: Path, inside: str = "") -> dict[str, str]:
    """All files of a course folder as text, those of its banks as `banks/<name>`; hidden ones are left out."""
    if not folder.is_dir():
        raise FolderFaults(errors=[Fault("", "is not a folder")])
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name == course_media.FOLDER and path.is_dir() and not inside:
            continue
        if path.is_dir() and path.name == bank_files.FOLDER and not inside:
            try:
                files |= _read_files(path, f"{bank_files.FOLDER}/")
            except FolderFaults as refusal:
                faults += refusal.errors
            continue
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            faults.append(Fault(inside + path.name, f"is not a file of at most {MAX_BYTES:,} bytes"))
            continue
        try:
            files[inside + path.name] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            faults.append(Fault(inside + path.name, f"is not UTF-8: byte {error.start} cannot be read"))
    if faults:
        raise FolderFaults(errors=faults)
    return files


def _read_yaml(files: Mapping[str, str], name: str, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        value = read_yaml(files[name])
    except yaml.YAMLError as error:
        faults.append(Fault(name, " ".join(str(error).split())))
        return None
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return value
    faults.append(Fault(name, "is not a mapping of names to values"))
    return None


def _read_lessons(files: Mapping[str, str], faults: list[Fault]) -> list[dict[str, Any]]:
    """Lessons in the order of their numbers, each with the languages that have a file."""
    lessons: dict[str, dict[str, Any]] = {}
    works: dict[str, dict[str, Any]] = {}
    for name in sorted(files.keys() - {COURSE, QUIZ, course_media.LIST}):
        if bank_files.is_bank_file(name):
            continue
        match = LESSON.fullmatch(name)
        if match is None or match["language"] not in (None, *LANGUAGES):
            faults.append(
                Fault(name, "is not course.yaml, quiz.yaml or a lesson such as 01-first-steps.es.md")
            )
            continue
        if match["language"] is None:
            works[name.removesuffix(".yaml")] = _read_yaml(files, name, faults) or {}
            continue
        lesson: dict[str, Any] = {"number": int(match["number"]), "key": match["key"], "body": {}}
        lesson = lessons.setdefault(_lesson_name(lesson), lesson)
        lesson["body"][match["language"]] = files[name]
    faults += [Fault(f"{name}.yaml", "has no lesson beside it") for name in works.keys() - lessons.keys()]
    return [lesson | ({"work": works[name]} if name in works else {}) for name, lesson in lessons.items()]


def _lesson_name(lesson: Mapping[str, Any]) -> str:
    return f"{lesson['number']:02d}-{lesson['key']}"


def _named(
    error: ValidationError, lessons: list[str], *, skip: Iterable[str], inside: tuple[str, ...] = ()
) -> Iterable[Fault]:
    """Each fault with the file in which its author finds it; none for a file that could not be read."""
    found = error.errors(include_url=False, include_input=False)
    for fault in found:
        place = fault["loc"]
        if fault["type"] == "too_short" and any(f["loc"][: len(place)] == place != f["loc"] for f in found):
            continue  # pydantic counts only sound items: the faulty ones are named by themselves
        field = _place((*inside, *place), lessons)
        if field.split(":")[0] not in skip:
            yield Fault(field, fault["msg"].removeprefix("Value error, "))


def _place(path: tuple[int | str, ...], lessons: list[str]) -> str:
    """`('quiz', 'questions', 2, 'single', 'text', 'es')` -> `quiz.yaml: questions[2].text.es`."""
    if path[:1] == ("quiz",):
        path = tuple(part for at, part in enumerate(path) if not _names_a_member(path, at))
        if path[1:2] == ("banks",) and len(path) > 2:
            return _join(f"{bank_files.FOLDER}/{path[2]}.yaml", path[3:])
        return _join(QUIZ, path[1:])
    if path[:1] == ("lessons",) and len(path) > 1 and isinstance(path[1], int):
        name = lessons[path[1]]
        if path[2:3] == ("work",):
            path = tuple(part for at, part in enumerate(path) if at != 3 and not _names_a_member(path, at))
            return _join(f"{name}.yaml", path[3:])
        return f"{name}.{path[3]}.md" if path[2:3] == ("body",) and len(path) > 3 else _join(name, path[2:])
    if path[:1] == ("files",):
        return _join(course_media.LIST, path[1:])
    return _join(COURSE, path)


def _names_a_member(path: tuple[int | str, ...], at: int) -> bool:
    """Whether this part of a path is only pydantic's name for one of several shapes."""
    listed = at > 1 and isinstance(path[at - 1], int) and path[at - 2] in ("questions", "gaps")
    return listed or str(path[at]).startswith("<")


def _join(file: str, path: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{file}: {steps.lstrip('.')}" if steps else file


def _numbers(value: Any) -> Any:
    """Decimals as the plain numbers that YAML has; five decimal places survive the way through a float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list | tuple) else value
