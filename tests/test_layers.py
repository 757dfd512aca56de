"""The structure of the code: imports go one way, heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("ingest", "store", "app", "evals")
"""In the order in which data flows: each imports only those before it."""
APP_LAYERS = (
    ("app.answer", "app.settings", "app.language"),
    ("app.formats", "app.models", "app.question"),
    ("app.evidence", "app.tables"),
    ("app.answering",),
    ("app.langchain", "app.service"),
    ("app.http",),
    ("app.web",),
    ("app.cli",),
    ("app.public",),
)
"""The same inside ``app``: a module imports only its own package and layers above it here."""
OPENS_THE_PAGE = "app.cli.chat_command"
"""The only command that may import ``app.web``."""
FACES = {"app.public", "app.public.__main__"}
"""What only hands names on to programs, or starts the command line."""
LEFT_OUT = ("evals.benchmarks", "evals.training")
MOST_ROOMS = 14
LONGEST_FILE = 400


def modules() -> dict[str, Path]:
    """Every module of the packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; names of modules are resolved."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


GRAPH = {name: imported(path) & MODULES.keys() - {name} for name, path in MODULES.items()}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_comes_before_it(package: str) -> None:
    later = set(PACKAGES[PACKAGES.index(package) + 1 :])
    against = {
        f"{name} imports {other}"
        for name, others in GRAPH.items()
        if name.split(".")[0] == package
        for other in others
        if other.split(".")[0] in later
    }
    assert not against


def layer_of(module: str) -> int:
    """The number of a module's layer in ``app``."""
    for number, prefixes in enumerate(APP_LAYERS):
        if any(module == p or module.startswith(f"{p}.") for p in prefixes):
            return number
    raise AssertionError(f"{module} belongs to no layer: add it to APP_LAYERS")


def test_layers_inside_app() -> None:
    against = {
        f"{name} imports {other}"
        for name, others in GRAPH.items()
        if name.startswith("app.")
        for other in others
        if other.startswith("app.") and layer_of(other) > layer_of(name)
    }
    assert not against


def test_only_one_command_opens_the_page() -> None:
    importing = {
        name
        for name, others in GRAPH.items()
        if name.startswith(("app.cli", "app.http", "app.service"))
        and any(other.split(".")[:2] == ["app", "web"] for other in others)
    }
    assert importing == {OPENS_THE_PAGE}


def circles(graph: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Import circles: names that reach themselves."""
    for start, first in graph.items():
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            name = waiting.pop()
            if name == start:
                yield [start, *sorted(seen)]
                break
            if name not in seen:
                seen.add(name)
                waiting += graph[name]


def test_the_wheel_does_without_what_it_leaves_out() -> None:
    needing = {name for name in GRAPH if not name.startswith(LEFT_OUT)}
    assert not {name for name in needing if any(o.startswith(LEFT_OUT) for o in GRAPH[name])}


def test_there_is_no_import_circle() -> None:
    assert not list(circles(GRAPH))


def rooms(package: str) -> dict[str, set[str]]:
    """What stands directly in a package, folders and files, and what each of them imports of it."""
    depth = package.count(".") + 2

    def room(name: str) -> str:
        return ".".join(name.split(".")[:depth])

    graph: dict[str, set[str]] = {}
    for name, others in GRAPH.items():
        if name.startswith(f"{package}.") and not FACES & {name}:
            inside = {room(other) for other in others if other.startswith(f"{package}.")}
            graph.setdefault(room(name), set()).update(inside - {room(name)})
    return graph


@pytest.mark.parametrize("package", [*PACKAGES, "ingest.load", "app.service"])
def test_a_package_is_a_house_that_one_can_overlook(package: str) -> None:
    graph = rooms(package)
    assert len(graph) <= MOST_ROOMS, sorted(graph)
    # Without a circle there is an order in which every room imports only those before it.
    assert not list(circles(graph))


def test_no_file_is_too_long() -> None:
    sizes = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert not {name: size for name, size in sizes.items() if size > LONGEST_FILE}


def undocumented(name: str, path: Path) -> Iterator[str]:
    """Public functions, classes and methods of a module without a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not ast.get_docstring(tree):
        yield name
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{name}.{node.name}"
        inherits = isinstance(node, ast.ClassDef) and bool(node.bases)
        for inner in node.body if isinstance(node, ast.ClassDef) and not inherits else ():
            public = isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
            if public and not ast.get_docstring(inner):
                yield f"{name}.{node.name}.{inner.name}"


def test_every_public_name_is_documented() -> None:
    assert not [one for name, path in MODULES.items() for one in undocumented(name, path)]


def test_chroma_is_imported_in_one_file() -> None:
    # The evaluation's baselines are pipelines of their own, with a Chroma of their own.
    using = {
        name
        for name, path in MODULES.items()
        if not name.startswith("evals")
        and any(module.split(".")[0] == "chromadb" for module in imported(path))
    }
    assert using == {"store.vectors.chroma_index"}


@pytest.mark.parametrize("module", ["store.library", "app.cli.main"])
def test_opening_loads_no_heavy_library(module: str) -> None:
    heavy = ("torch", "sentence_transformers", "chromadb", "transformers", "gradio")
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
