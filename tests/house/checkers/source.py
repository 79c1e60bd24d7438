"""Reads a tree's Python once and knows which classes are tables and which of them only the pen writes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SRC = "src/muster"
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones too."""
        return (n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return Path(self.path).stem


@dataclass(frozen=True)
class Table:
    """A model: the name of its class and of its table, and whether its rows have a state (`Recorded`)."""

    name: str
    table: str
    recorded: bool
    touched: frozenset[str]


class Tree:
    """A repository, or a tiny one that a test has made."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def sources(self) -> list[Source]:
        """Every Python file below src/muster, migrations left out."""
        return list(self._read(SRC))

    @cached_property
    def everything(self) -> list[Source]:
        """Every Python file of ours: product, tests, tools, benches; migrations left out."""
        return [*self.sources, *(s for folder in ("tests", "tools", "bench") for s in self._read(folder))]

    def _read(self, folder: str) -> Iterator[Source]:
        for path in sorted((self.root / folder).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                text = path.read_text("utf-8")
                yield Source(str(path.relative_to(self.root)), text, ast.parse(text, str(path)))

    def files(self, *patterns: str, below: str = SRC) -> list[Path]:
        """Files by glob patterns, in order."""
        return sorted({p for pattern in patterns for p in (self.root / below).rglob(pattern) if p.is_file()})

    def relative(self, path: Path) -> str:
        """A path as it is written in a violation."""
        return str(path.relative_to(self.root))

    @cached_property
    def tables(self) -> list[Table]:
        """Every model in every models*.py; a class is `Recorded` when one of its ancestors is."""
        found: dict[str, tuple[Source, ast.ClassDef]] = {}
        for source in self.sources:
            if source.name.startswith("models") or "/models/" in source.path:
                found |= {n.name: (source, n) for n in source.tree.body if isinstance(n, ast.ClassDef)}
        return [
            Table(name, _table_name(source, node), _is_recorded(node, found), _touched(node))
            for name, (source, node) in found.items()
            if name != "Recorded" and _is_model(node, found) and not _is_abstract(node)
        ]

    @cached_property
    def recorded(self) -> set[str]:
        """Class names of the tables that only the pen writes."""
        return {table.name for table in self.tables if table.recorded}

    @cached_property
    def unrecorded(self) -> set[str]:
        """Class names of the other tables."""
        return {table.name for table in self.tables} - self.recorded

    @cached_property
    def recorded_tables(self) -> set[str]:
        """Table names of the tables that only the pen writes."""
        return {table.table for table in self.tables if table.recorded}


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).rpartition(".")[2] for base in node.bases]


def _is_recorded(node: ast.ClassDef, found: dict[str, tuple[Source, ast.ClassDef]]) -> bool:
    return any(b == "Recorded" or (b in found and _is_recorded(found[b][1], found)) for b in _bases(node))


def _is_model(node: ast.ClassDef, found: dict[str, tuple[Source, ast.ClassDef]]) -> bool:
    named = {"Model", "Recorded", "AbstractBaseUser"}
    return any(b in named or (b in found and _is_model(found[b][1], found)) for b in _bases(node))


def _is_abstract(node: ast.ClassDef) -> bool:
    return any(isinstance(n, ast.ClassDef) and "abstract = True" in ast.unparse(n) for n in node.body)


def _table_name(source: Source, node: ast.ClassDef) -> str:
    stated = re.search(r"db_table\s*=\s*'(\w+)'", ast.unparse(node))
    folder = Path(source.path).parent
    label = (folder.parent if folder.name == "models" else folder).name
    return stated.group(1) if stated else f"{label}_{node.name.lower()}"


def _touched(node: ast.ClassDef) -> frozenset[str]:
    for statement in node.body:
        target = (
            statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        )
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id == "touched" and value is not None:
            return frozenset(c.value for c in ast.walk(value) if isinstance(c, ast.Constant))
    return frozenset()


def said(node: ast.AST) -> str:
    """Dotted name of an expression such as `Alert.objects.filter(...).update`, arguments left out."""
    if isinstance(node, ast.Attribute):
        return f"{said(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return said(node.func)
    if isinstance(node, ast.Subscript | ast.Await):
        return said(node.value)
    return node.id if isinstance(node, ast.Name) else "?"
