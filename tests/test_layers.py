"""Dependencies point one way, without a cycle, and each large library has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each layer may import itself and those before it.
LAYERS = ("index", "rag", "eval", "ui")

# Comparing with other stacks means calling their libraries directly.
EXEMPT = {"eval.peers", "eval.bench"}

# A library, and the only module that may import it, or those whose names begin so.
DOORS = {
    "chromadb": "index.vectors",
    "sentence_transformers": "index.models",
    "gradio": "ui.web",
    "mcp": "ui.mcp",
    "xllamacpp": "rag.llm",
    "pdfminer": "index.pdf",
    "trafilatura": "index.webpage",
}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a.b import c` is a.b.c, from "a.b"; `import a.b` is a.b, from ""."""

    name: str
    origin: str

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


def imports(source: str, package: str) -> Iterator[Import]:
    """Every import of a module's source, also those inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(node, package)
            yield from (Import(f"{origin}.{alias.name}", origin) for alias in node.names)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Where `node` imports from, with the leading dots resolved against the module's package."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    above = parents[: len(parents) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def upward(module: str, found: Iterator[Import]) -> list[str]:
    """The imports from a layer that lies above the module's own."""
    above = LAYERS[LAYERS.index(module.partition(".")[0]) + 1 :]
    return [f"{module} imports {each.name}" for each in found if each.top in above]


def side_doors(module: str, found: Iterator[Import]) -> list[str]:
    """The imports of a library that belongs to another module."""
    if module in EXEMPT:
        return []
    return [
        f"{module} imports {each.name}; only {DOORS[each.top]} may"
        for each in found
        if not module.startswith(DOORS.get(each.top, module))
    ]


def hiding(module: str, found: Iterator[Import]) -> list[str]:
    """The `import eval` and `import eval.x`; `from eval.x import` leaves the builtin alone."""
    return [
        f"{module} says import {each.name}"
        for each in found
        if each.top == "eval" and not each.origin
    ]


def graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Module by module, the other modules among `sources` that it imports."""
    edges: dict[str, set[str]] = {}
    for module, source in sources.items():
        named = set()
        for each in imports(source, module.rpartition(".")[0]):
            named |= {each.name, each.origin}
        edges[module] = named & sources.keys() - {module}
    return edges


def cycle(edges: Mapping[str, set[str]]) -> list[str]:
    """The modules of one import cycle, first and last the same, or nothing."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def modules(folder: Path) -> dict[str, str]:
    """The source of every module below a folder of the checkout, by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


HOUSE = {name: source for layer in LAYERS for name, source in modules(ROOT / layer).items()}
EVERYTHING = HOUSE | modules(ROOT / "tests")


def found_in(module: str, source: str) -> Iterator[Import]:
    return imports(source, module.rpartition(".")[0])


def test_every_layer_is_read() -> None:
    assert {name.partition(".")[0] for name in HOUSE} == set(LAYERS)


@pytest.mark.parametrize("module", HOUSE)
def test_dependencies_point_one_way(module: str) -> None:
    assert upward(module, found_in(module, HOUSE[module])) == []


@pytest.mark.parametrize("module", HOUSE)
def test_each_library_has_one_door(module: str) -> None:
    assert side_doors(module, found_in(module, HOUSE[module])) == []


@pytest.mark.parametrize("module", EVERYTHING)
def test_nothing_hides_the_builtin_eval(module: str) -> None:
    assert hiding(module, found_in(module, EVERYTHING[module])) == []


def test_no_import_cycle() -> None:
    assert cycle(graph(HOUSE)) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("index.build", "from rag.types import Answer"),
        ("index.build", "import ui"),
        ("rag.answer", "from eval import metrics"),
        ("rag.answer", "def late():\n    from ui.render import page"),
        ("eval.run", "import os, ui.cli"),
    ],
)
def test_an_import_from_above_is_caught(module: str, source: str) -> None:
    assert len(upward(module, found_in(module, source))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("index.build", "import chromadb"),
        ("rag.answer", "from sentence_transformers import CrossEncoder"),
        ("ui.render", "def page():\n    import gradio.themes as themes"),
        ("index.embed", "from xllamacpp import Server"),
    ],
)
def test_a_side_door_is_caught(module: str, source: str) -> None:
    assert len(side_doors(module, found_in(module, source))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("index.vectors", "import chromadb"),
        ("eval.peers", "import chromadb, sentence_transformers"),
        ("rag.answer", "import numpy\nfrom index.search import search"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert side_doors(module, found_in(module, source)) == []
    assert upward(module, found_in(module, source)) == []


@pytest.mark.parametrize("source", ["import eval", "import eval.run", "import eval.run as run"])
def test_hiding_the_builtin_is_caught(source: str) -> None:
    assert len(hiding("ui.cli", found_in("ui.cli", source))) == 1


def test_importing_from_eval_hides_nothing() -> None:
    assert hiding("ui.cli", found_in("ui.cli", "from eval.run import run")) == []


def test_a_cycle_is_caught() -> None:
    sources = {
        "index.a": "from index.b import x",
        "index.b": "def late():\n    from . import c",
        "index.c": "import index.a",
    }
    assert set(cycle(graph(sources))) == {"index.a", "index.b", "index.c"}
    assert cycle(graph(sources | {"index.c": "import index.d"})) == []


def test_relative_imports_are_resolved() -> None:
    source = "from . import a\nfrom .b import c\nfrom ..rag import d"
    names = [each.name for each in imports(source, "index.deep")]
    assert names == ["index.deep.a", "index.deep.b.c", "index.rag.d"]
