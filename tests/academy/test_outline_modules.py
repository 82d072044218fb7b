"""Modules of a draft: however they and their lessons are moved, no lesson and no title is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from academy import outline, outline_modules
from academy.course_folder import course_files, read_course
from academy.outline import ModuleEmpty, ModuleNotFound
from academy.outline_modules import ModuleTwice
from plg.kit.errors import Refusal
from plg.kit.strict_yaml import read_yaml
from tests.academy.samples import course, read

START = {"es": "Inicio", "en": "Start"}
END = {"es": "Final", "en": "End"}
LESSONS = outline.add(course_files(read(course())), "third", {"es": "Tres", "en": "Three"})
COMMENTED = LESSONS | {"course.yaml": LESSONS["course.yaml"] + "drip: {after: 3d}  # of the future\n"}
FILES = outline_modules.add(outline_modules.add(LESSONS, START, "first"), END, "third")


def shown(files: dict[str, str]) -> list[str]:
    return [
        each.titles["en"] if isinstance(each, outline.Module) else each.key for each in outline.entries(files)
    ]


def test_modules_are_added_renamed_moved_and_removed_with_their_lessons() -> None:
    assert shown(FILES) == ["Start", "first", "second", "End", "third"]
    assert [module.first for module in read_course(FILES).modules] == ["first", "third"]
    swapped = outline_modules.move(FILES, 1, -1)
    assert shown(swapped) == ["End", "third", "Start", "first", "second"]
    assert [lesson.key for lesson in read_course(swapped).lessons] == ["third", "first", "second"]
    assert shown(outline_modules.rename(FILES, 1, {"es": "Fin", "en": "Finish"}))[3] == "Finish"
    assert shown(outline_modules.remove(FILES, 1)) == ["Start", "first", "second", "third"]
    without = outline_modules.remove(outline_modules.remove(FILES, 1), 0)
    assert without == LESSONS, "nothing of them is left"
    assert outline_modules.move(FILES, 0, -1) == FILES


def test_a_lesson_moves_from_one_module_into_the_next_and_never_leaves_one_empty() -> None:
    assert shown(outline.move(FILES, "second", 1)) == ["Start", "first", "End", "second", "third"]
    assert shown(outline.move(FILES, "first", 1)) == ["Start", "second", "first", "End", "third"]
    assert outline.move(FILES, "first", -1) == FILES
    assert shown(outline.rename(FILES, "third", "last"))[-1] == "last"
    assert read_course(outline.rename(FILES, "third", "last")).modules[1].first == "last"
    for act in (lambda: outline.move(FILES, "third", -1), lambda: outline.remove(FILES, "third")):
        with pytest.raises(ModuleEmpty):
            act()
    with pytest.raises(ModuleTwice):
        outline_modules.add(FILES, END, "first")
    with pytest.raises(ModuleNotFound):
        outline_modules.remove(FILES, 7)


def test_what_the_settings_say_beside_modules_stays_as_it_is_written() -> None:
    files = outline_modules.add(COMMENTED, START, "first")
    assert files["course.yaml"].startswith(COMMENTED["course.yaml"])
    noted = files | {
        "course.yaml": files["course.yaml"].replace(
            "  first: first", "  first: first  # as agreed\n  badge: 7"
        )
    }
    renamed = outline_modules.rename(noted, 0, END)
    assert "first: first  # as agreed\n  badge: 7" in renamed["course.yaml"]
    assert read_yaml(renamed["course.yaml"])["modules"] == [{"title": END, "first": "first", "badge": 7}]


steps = st.tuples(st.sampled_from(["lesson", "module"]), st.integers(0, 2), st.sampled_from([-1, 1]))


@settings(max_examples=40)
@given(st.lists(steps, max_size=6))
def test_no_way_of_moving_loses_anything(moved: list[tuple[str, int, int]]) -> None:
    files = FILES
    for what, which, by in moved:
        try:
            if what == "module":
                files = outline_modules.move(files, which, by)
            else:
                files = outline.move(files, ("first", "second", "third")[which], by)
        except Refusal:
            continue
    read_course(files)
    assert sorted(shown(files)) == sorted(shown(FILES))
    assert sorted(text for name, text in files.items() if name.endswith(".md")) == sorted(
        text for name, text in FILES.items() if name.endswith(".md")
    )
