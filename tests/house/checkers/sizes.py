"""How large a thing may be, and what may not be called what (design section 3)."""

import ast
from collections.abc import Iterable, Iterator

from house.checkers.source import Tree

MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 50
_NAMES = {"utils", "helpers", "services"}


def large_files(tree: Tree) -> Iterator[str]:
    """Files over 400 lines: Python, SQL, templates, styles, scripts; what others wrote is left out."""
    product = [p for p in tree.files("*.sql", "*.html", "*.css", "*.js", "*.toml") if "vendor" not in p.parts]
    sizes = [(s.path, s.text.count("\n")) for s in tree.everything]
    sizes += [(tree.relative(p), p.read_text("utf-8").count("\n")) for p in product]
    for path, lines in sizes:
        if lines > MOST_LINES_IN_A_FILE:
            yield f"{path}: {lines} lines, {MOST_LINES_IN_A_FILE} are the most"


def long_functions(tree: Tree) -> Iterator[str]:
    """Functions over 50 lines, docstring included."""
    for source in tree.everything:
        for node in source.functions():
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_IN_A_FUNCTION:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines, 50 are the most"


def hidden_imports(tree: Tree) -> Iterator[str]:
    """Imports inside functions: an arrow that nobody sees. (Models are not there before `ready()`.)"""
    for source in tree.everything:
        for function in source.functions():
            if source.name == "apps" and function.name == "ready":
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"{source.path}:{node.lineno}: an import inside {function.name}"


def relative_imports(tree: Tree) -> Iterator[str]:
    """Imports are absolute."""
    for source in tree.everything:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                yield f"{source.path}:{node.lineno}: a relative import"


def nameless_drawers(tree: Tree, field_names: Iterable[str] = ()) -> Iterator[str]:
    """Files that say nothing about what is in them; `field_names` are paths where the word is a term."""
    for source in tree.sources:
        if source.name in _NAMES and source.path not in field_names:
            yield f"{source.path}: say what is in it instead of {source.name}"
