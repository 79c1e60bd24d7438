"""Every query that lists rows for people starts from `visible_to(actor)` (design sections 4 and 10)."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from house.checkers.source import FunctionNode, Source, Tree, said

_DOORS = ("queries", "views", "api", "screens", "feeds")
_FROM = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.I)


def unseen_queries(tree: Tree, exempt: Mapping[str, str], everyones: Collection[str] = ()) -> Iterator[str]:
    """Reads of Recorded rows in queries and doors that do not begin with `visible_to`.

    The engine's own reads say so in their docstring, "engine side", with a reason where it is not plain; what
    only they call is theirs. `exempt` names the others, as `path:function` or `path:CONSTANT`, each with its
    reason; `everyones` names the models whose rows are never restricted.
    """
    for source in _readers(tree):
        engine = _engine_side(source, {name for name in exempt if name.startswith(f"{source.path}:")})
        for function in source.functions():
            if function.name not in engine:
                yield from _unseen(source, function, tree.recorded.difference(everyones))
        yield from _raw(source, tree, exempt)


def _engine_side(source: Source, exempt: set[str]) -> set[str]:
    """The functions of a file that answer no person, and the private ones that only those call."""
    functions = {f.name: f for f in source.functions()}
    engine = {name for name, f in functions.items() if "engine side" in (ast.get_docstring(f) or "")}
    engine |= {name.rpartition(":")[2] for name in exempt}
    callers = {name: {f.name for f in functions.values() if _names(f, name)} - {name} for name in functions}
    while more := {
        name
        for name, calling in callers.items()
        if name.startswith("_") and name not in engine and calling and calling <= engine
    }:
        engine |= more
    return engine


def _names(function: FunctionNode, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(function))


def _readers(tree: Tree) -> Iterator[Source]:
    for source in tree.sources:
        in_folder = any(f"/{door}/" in source.path for door in _DOORS)
        if in_folder or source.name.split("_")[0] in _DOORS:
            yield source


def _unseen(source: Source, function: FunctionNode, recorded: set[str]) -> Iterator[str]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or node.attr not in {"objects", "_default_manager"}:
            continue
        model = said(node.value)
        if model.rpartition(".")[2] in recorded and not _continues(function, node):
            yield f"{source.path}:{node.lineno}: {function.name} reads {model} without visible_to(actor)"


def _continues(function: FunctionNode, manager: ast.Attribute) -> bool:
    """Whether the chain goes on with `.visible_to(`, at once."""
    return any(
        isinstance(n, ast.Attribute) and n.value is manager and n.attr == "visible_to"
        for n in ast.walk(function)
    )


def _raw(source: Source, tree: Tree, exempt: Mapping[str, str]) -> Iterator[str]:
    for statement in source.tree.body:
        name = said(statement.targets[0]) if isinstance(statement, ast.Assign) else "?"
        for node in ast.walk(statement) if f"{source.path}:{name}" not in exempt else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "SELECT" in node.value:
                tables = set(_FROM.findall(node.value)) & tree.recorded_tables
                if tables and "audience_id" not in node.value:
                    yield f"{source.path}:{node.lineno}: SQL reads {sorted(tables)} without audience_id"


def idle_exemptions(tree: Tree, exempt: Mapping[str, str]) -> Iterator[str]:
    """Exemptions that name nothing any more: the list must not rot."""
    there = {f"{s.path}:{f.name}" for s in tree.sources for f in s.functions()}
    there |= {
        f"{s.path}:{said(n.targets[0])}"
        for s in tree.sources
        for n in s.tree.body
        if isinstance(n, ast.Assign)
    }
    for name in sorted(set(exempt) - there):
        yield f"{name} is exempt and is not there"
