"""Holds the house's floors: reads every import of a source tree and names those that do not go down."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

WINGS = ("academy", "onboarding_flows")
FLOORS: tuple[tuple[str, ...], ...] = (
    WINGS,
    (
        "plg.app",
        "plg.wiring",
        "plg.doors",
        "plg.cli",
        "plg.worker",
        "plg.web_process",
        "plg.product_folder",
        "plg.demo",
        "plg.sandbox",
        "plg.__main__",
    ),
    ("plg.web",),
    ("plg.sql",),
    ("plg.exports",),
    ("plg.upgrades", "plg.signups", "plg.growth"),
    ("plg.offers",),
    ("plg.segments",),
    ("plg.trials", "plg.billing", "plg.loyalty", "plg.help"),
    ("plg.usage", "plg.webhooks"),
    ("plg.plans", "plg.messaging", "plg.forwarding", "plg.capture", "plg.openid", "plg.attention"),
    ("plg.access", "plg.privacy"),
    ("plg.accounts",),
    ("plg.people",),
    ("plg.events",),
    ("plg.kit", "plg.settings"),
)
ROOF = 1
HEIGHT = {room: number for number, floor in enumerate(FLOORS) for room in floor}


@dataclass(frozen=True)
class Fault:
    """One line that breaks a rule of the house."""

    file: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}"


@dataclass(frozen=True)
class Import:
    """One import of a room by a line of another room."""

    file: Path
    line: int
    importer: str
    imported: str


def faults(root: Path) -> list[Fault]:
    """Every line under `root` (the folder that holds `plg` and the wings) that breaks the floors."""
    files = [file for package in ("plg", *WINGS) for file in sorted((root / package).rglob("*.py"))]
    imports = [found for file in files for found in _imports(file, root)]
    found = [fault for file in files for fault in _homeless(file, root)]
    found += [fault for file in files for fault in _named_wings(file, root)]
    found += [fault for each in imports for fault in _upward(each)]
    return found + _circles_in_the_roof(imports)


def room_of(module: str) -> str:
    """The room that a dotted module name belongs to: `plg.billing.models` is in `plg.billing`."""
    parts = module.split(".")
    return parts[0] if parts[0] != "plg" else ".".join(parts[:2])


def _module(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path, root: Path) -> Iterator[Import]:
    importer = room_of(_module(file, root))
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        for target in _targets(node, _package(file, root)):
            imported = room_of(target)
            if imported in HEIGHT and imported != importer:
                yield Import(file.relative_to(root), node.lineno, importer, imported)  # type: ignore[attr-defined]


def _package(file: Path, root: Path) -> str:
    return ".".join(file.parent.relative_to(root).parts)


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    """Dotted names that an import statement reaches; `from plg import x` reaches `plg.x`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names) if base == "plg" else (base,)


def _homeless(file: Path, root: Path) -> Iterator[Fault]:
    room = room_of(_module(file, root))
    if room != "plg" and room not in HEIGHT:
        yield Fault(file.relative_to(root), 1, f"{room} stands on no floor: give it one in floors.py")


def _upward(each: Import) -> Iterator[Fault]:
    if each.importer not in HEIGHT:
        return
    here, there = HEIGHT[each.importer], HEIGHT[each.imported]
    if there < here:
        why = f"{each.importer} imports {each.imported}, which is above it: record an event instead"
    elif there == here and here != ROOF:
        why = f"{each.importer} imports {each.imported}: rooms of one floor do not know each other"
    else:
        return
    yield Fault(each.file, each.line, why)


def _named_wings(file: Path, root: Path) -> Iterator[Fault]:
    """Wings come by entry points: a string such as "academy:wing" is an import in disguise."""
    if room_of(_module(file, root)) in WINGS:
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.replace(":", ".").replace("/", ".").split(".")[0]
            if name in WINGS and "\n" not in node.value and " " not in node.value:
                yield Fault(file.relative_to(root), node.lineno, f"plg's core names the wing {name}")


def _circles_in_the_roof(imports: list[Import]) -> list[Fault]:
    inside = [each for each in imports if each.importer in FLOORS[ROOF] and each.imported in FLOORS[ROOF]]
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for each in inside:
        sorter.add(each.importer, each.imported)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        steps = set(zip(circle, circle[1:], strict=False))
        why = f"the roof imports in a circle: {' → '.join(circle)}"
        return [
            Fault(each.file, each.line, why) for each in inside if (each.importer, each.imported) in steps
        ]
    return []
