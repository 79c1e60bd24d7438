"""Event kinds are registered, the pen's SQL names the models' columns, links in the documents open."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from house.checkers.source import Tree, said

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")
_INTO = re.compile(r"INSERT INTO (timeline_\w+)\s*\(([^)]*)\)\s*SELECT\s+(.*?)\s+FROM", re.S)


def unregistered_kinds(tree: Tree, registered: Iterable[str]) -> Iterator[str]:
    """Kinds written in a `Change(...)` that no stage has registered."""
    known = set(registered)
    for source in tree.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and said(node.func).rpartition(".")[2] == "Change":
                for kind in _literals(node):
                    if kind not in known:
                        yield f"{source.path}:{node.lineno}: no stage registered the event kind {kind!r}"


def _literals(call: ast.Call) -> Iterator[str]:
    stated = call.args[:1] or [k.value for k in call.keywords if k.arg == "kind"]
    for value in stated:
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
        yield from (p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))


def pen_columns(sql: str, columns: Mapping[str, set[str]]) -> Iterator[str]:
    """What the pen's SQL writes, held beside the columns of the models."""
    written = _INTO.findall(sql)
    if not written:
        yield "pen.sql writes nothing"
    for table, into, taken in written:
        names = {name.strip() for name in into.split(",")}
        if table in columns and names != columns[table]:
            yield f"pen.sql: {table}: {sorted(names ^ columns[table])} stand on one side only"
        if len(names) != len(taken.split(",")):
            yield f"pen.sql: {table}: as many columns as values are needed"


def dead_links(tree: Tree, *documents: str) -> Iterator[str]:
    """Links to files that are not there; a document that is missing is one, too."""
    for name in documents:
        document = tree.root / name
        if not document.is_file():
            yield f"{name} is missing"
            continue
        for pair in _LINK.findall(document.read_text("utf-8")):
            target = (pair[0] or pair[1]).partition("#")[0]
            ours = target and "://" not in target and not target.startswith("mailto:")
            if ours and not (document.parent / target).exists():
                yield f"{name}: {target} does not open"
