"""Runs one benchmark by name, or lists them: `python -m tests.bench --help`."""

import ast
import importlib
import sys
from pathlib import Path

_NOT_BENCHMARKS = {"__init__", "__main__", "measuring", "load", "serving", "funnel_engines"}


def main(argv: list[str]) -> int:
    """Hand the remaining arguments to `main(argv)` of `tests/bench/NAME.py`; 2 for an unknown name."""
    name = argv[0] if argv else "--help"
    known = benchmarks()
    if name in ("-h", "--help"):
        print("python -m tests.bench NAME [--json] [--database URL]\n")
        for each, meaning in known.items():
            print(f"  {each:<14} {meaning}")
        return 0
    if name not in known:
        print(f"no benchmark {name!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"tests.bench.{name}")
    return module.main(argv[1:]) or 0


def benchmarks() -> dict[str, str]:
    """Name of every benchmark and the first line of its docstring."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    trees = {file.stem: ast.parse(file.read_text("utf-8")) for file in files}
    return {
        name: (ast.get_docstring(tree) or "").split("\n")[0]
        for name, tree in trees.items()
        if name not in _NOT_BENCHMARKS and any(getattr(node, "name", "") == "main" for node in tree.body)
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
