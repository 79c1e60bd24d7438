"""Product time is the database's `now()`, passed down as `at`; the process clock serves logs."""

import ast
import re
from collections.abc import Iterator, Mapping

from house.checkers.source import Tree, said

_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now"),
    *("datetime.datetime.utcnow", "datetime.date.today", "time.time", "time.time_ns", "time.localtime"),
    *("time.gmtime", "timezone.now", "timezone.localtime", "timezone.localdate", "django.utils.timezone.now"),
}
_SQL = re.compile(
    r"\b(clock_timestamp|statement_timestamp|transaction_timestamp|CURRENT_TIMESTAMP|LOCALTIMESTAMP)\b", re.I
)


def foreign_clocks(tree: Tree, allowed: Mapping[str, str]) -> Iterator[str]:
    """Reads of any clock but the database's `now()`; `allowed` maps a path to the reason."""
    for source in tree.sources:
        if source.path in allowed:
            continue
        docstrings = {id(d) for d in _docstrings(source.tree)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and said(node.func) in _CALLS:
                yield f"{source.path}:{node.lineno}: {said(node.func)}() is not the product's time"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                for found in _SQL.findall(node.value):
                    yield f"{source.path}:{node.lineno}: {found} is not the product's time, now() is"
    for path in tree.files("*.sql"):
        for found in _SQL.findall(path.read_text("utf-8")):
            yield f"{tree.relative(path)}: {found} is not the product's time, now() is"


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            yield first.value


_NETWORK = (
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "smtplib",
    "ftplib",
    "httpcore",
    "websockets",
)


def network_clients(tree: Tree, allowed: Mapping[str, str]) -> Iterator[str]:
    """Imports of network clients outside adapters; `allowed` maps a path prefix to the reason."""
    for source in tree.sources:
        if source.path.startswith((f"{'src/muster'}/adapters/", *allowed)):
            continue
        for node in ast.walk(source.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                if name in _NETWORK or name.startswith(tuple(f"{n}." for n in _NETWORK)):
                    yield f"{source.path}:{node.lineno}: {name} belongs in an adapter"
                    break
