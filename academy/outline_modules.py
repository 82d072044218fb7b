"""What adding, renaming, moving and removing a module does to the files of a draft."""

from __future__ import annotations

from academy import outline
from academy.outline import NEW, Line, Module, arranged, entries
from plg.kit.errors import Conflict

Files = dict[str, str]


class ModuleTwice(Conflict):
    """Two modules cannot begin at one lesson."""


def add(files: Files, titles: dict[str, str], first: str) -> Files:
    """The files with a module that begins at a lesson."""
    starts = outline.line(files, first)
    if any(module.first == first for module in outline.modules(files)):
        raise ModuleTwice("Another module begins at this lesson.")
    found = entries(files)
    found.insert(found.index(starts), Module(NEW, titles, first))
    return arranged(files, found)


def rename(files: Files, number: int, titles: dict[str, str]) -> Files:
    """The files with a module (from 0) under another title."""
    outline.module(files, number)
    renamed = [
        Module(each.number, titles, each.first)
        if isinstance(each, Module) and each.number == number
        else each
        for each in entries(files)
    ]
    return arranged(files, renamed)


def move(files: Files, number: int, by: int) -> Files:
    """The files with a module and its lessons before the one before it, or after the one after it."""
    outline.module(files, number)
    blocks: list[list[Line | Module]] = []
    for each in entries(files):
        if isinstance(each, Module) or not blocks:
            blocks.append([])
        blocks[-1].append(each)
    place = next(
        n for n, block in enumerate(blocks) if isinstance(block[0], Module) and block[0].number == number
    )
    other = place + (1 if by > 0 else -1)
    if 0 <= other < len(blocks) and isinstance(blocks[other][0], Module):
        blocks[place], blocks[other] = blocks[other], blocks[place]
    return arranged(files, [each for block in blocks for each in block])


def remove(files: Files, number: int) -> Files:
    """The files without a module; its lessons stay, in the one before it."""
    gone = outline.module(files, number)
    return arranged(files, [each for each in entries(files) if each != gone])
