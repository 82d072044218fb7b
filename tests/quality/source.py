"""The project's own files, as the quality tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCT = ("plg", "academy", "onboarding_flows")
_IGNORED = {".git", ".venv", "__pycache__", "node_modules", "dist", "build", "plg-data"}


@dataclass(frozen=True)
class Function:
    """A function's place and its length in lines, from `def` to its last line."""

    place: str
    lines: int


@cache
def files(*folders: str, suffix: str = "") -> tuple[Path, ...]:
    """Files below the given folders of the repository whose names end with `suffix`, sorted."""
    found = (path for folder in folders for path in sorted((REPOSITORY / folder).rglob(f"*{suffix}")))
    return tuple(path for path in found if path.is_file() and not _IGNORED & set(path.parts))


def tracked() -> list[Path]:
    """Files that git keeps or would keep; everything that is not ignored where there is no git."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True)
    if answer.returncode == 0:
        paths = [REPOSITORY / line for line in answer.stdout.splitlines()]
    else:
        paths = [path for path in REPOSITORY.rglob("*") if not _IGNORED & set(path.parts)]
    return [path for path in paths if path.is_file()]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a Python file, methods and nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(f"{name(path)}:{node.lineno}: {node.name}", length)


def length(path: Path) -> int:
    """Number of lines of a text file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def name(path: Path) -> str:
    """A file's path inside the repository, with forward slashes."""
    return path.relative_to(REPOSITORY).as_posix()
