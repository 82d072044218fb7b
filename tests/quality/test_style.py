"""The source keeps its budgets and its manners."""

import ast
import re
import subprocess
import sys

import pytest

from tests.quality import source

FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "service.py", "manager.py"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext", "lazy_ngettext", "_l"}
MACHINE_PATH = re.compile(r"""(?<![\w.~$}/-])/(?:work|root|Users|home)/[\w.]+""")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_the_linters_find_nothing(command):
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=source.REPOSITORY, capture_output=True, text=True
    )

    assert result.returncode == 0, "\n" + result.stdout[-4000:] + result.stderr[-1000:]


def test_no_function_is_longer_than_50_lines():
    long = [each for path in _python_files() for each in source.functions(path) if each.lines > 50]

    assert not long, _listed(f"{each.place} has {each.lines} lines" for each in long)


def test_no_file_is_longer_than_350_lines():
    long = [path for path in _python_files() if source.length(path) > 350]

    assert not long, _listed(f"{source.name(path)} has {source.length(path)} lines" for path in long)


def test_nine_functions_of_ten_have_at_most_25_lines():
    lengths = sorted(each.lines for path in _product_files() for each in source.functions(path))

    assert _ninth_decile(lengths) <= 25


def test_nine_files_of_ten_have_at_most_220_lines():
    lengths = sorted(source.length(path) for path in _product_files())

    assert _ninth_decile(lengths) <= 220


def test_no_file_has_a_name_that_says_nothing():
    vague = [path for path in source.files(*source.PRODUCT, "tests") if path.name in FORBIDDEN_NAMES]

    assert not vague, _listed(map(source.name, vague))


def test_public_functions_have_types():
    bare = [
        f"{source.name(path)}:{node.lineno}: {node.name}"
        for path in _product_files()
        for node in source.tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is None
    ]

    assert not bare, _listed(bare)


def test_nothing_to_translate_hides_inside_an_f_string():
    """Babel does not see `_()` inside an f-string on Python 3.11."""
    hidden = [
        f"{source.name(path)}:{call.lineno}"
        for path in _product_files()
        for text in ast.walk(source.tree(path))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and _called(call) in GETTEXT
    ]

    assert not hidden, _listed(hidden)


def test_no_file_names_a_path_of_somebodys_machine():
    named = [
        f"{source.name(path)}: {found.group()}"
        for path in source.tracked()
        for found in MACHINE_PATH.finditer(path.read_text(encoding="utf-8", errors="ignore"))
    ]

    assert not named, _listed(named)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("open('/ho" + "me/ana/plg')", True),
        ("see /wo" + "rk/x.md", True),
        ("GET /v1/home/x", False),
        ("https://example.com/home/x", False),
    ],
)
def test_a_machine_path_is_told_from_a_url(text, named):
    assert bool(MACHINE_PATH.search(text)) is named


def _python_files():
    return source.files(*source.PRODUCT, "tests", suffix=".py")


def _product_files():
    return source.files(*source.PRODUCT, suffix=".py")


def _called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", None))


def _ninth_decile(lengths):
    return lengths[int(len(lengths) * 0.9)]


def _listed(lines):
    return "\n" + "\n".join(lines)
