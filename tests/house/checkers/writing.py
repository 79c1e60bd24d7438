"""Only the pen writes rows with a state, inside commands, and counters are named (design section 4)."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from house.checkers.source import FunctionNode, Source, Tree, said

PEN = ("src/muster/foundation/timeline/pen.py", "src/muster/foundation/timeline/pen.sql")
_SAVES = {"save", "delete", "asave", "adelete"}
_WRITES = {
    *_SAVES,
    *("update", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("aupdate", "acreate", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create"),
}
_QUERYSET = {"objects", "filter", "exclude", "all", "visible_to", "order_by", "select_for_update"}
# Things with a save() or delete() that are no rows.
_NOT_ROWS = {"session", "request.session", "form", "self.session", "client_of"}
_RAW = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?\"?(\w+)", re.I
)
_COUNTING = re.compile(r"\bUPDATE\s+(\w+)\s+AS\s+\w+\s+SET\s+(.*?)\s+FROM\b", re.I | re.S)
_ASSIGNED = re.compile(r"(?:^|,)\s*(\w+)\s*=")


def written_past_the_pen(tree: Tree) -> Iterator[str]:
    """Writes of Recorded rows by the ORM, outside the pen."""
    related = _related_names(tree)
    for source in tree.sources:
        if source.path not in PEN and "/migrations/" not in source.path:
            for function in [None, *source.functions()]:
                yield from _writes_in(source, function, tree, related)


def _writes_in(source: Source, function: FunctionNode | None, tree: Tree, related: set[str]) -> Iterator[str]:
    rows = _types_of_names(function, tree)
    for node in _own_nodes(function or source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        verb, owner = node.func.attr, said(node.func.value)
        if verb in _WRITES and _is_recorded(owner, verb, rows, tree, related):
            yield f"{source.path}:{node.lineno}: {owner}.{verb}(): only record() writes rows with a state"


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of one scope; functions within it are visited on their own."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own_nodes(child)


def _is_recorded(owner: str, verb: str, rows: dict[str, bool | None], tree: Tree, related: set[str]) -> bool:
    first, *rest = owner.split(".")
    if first in tree.recorded:
        return "objects" in rest or "_default_manager" in rest
    if first in tree.unrecorded or owner in _NOT_ROWS or first == "super" or first.endswith("router"):
        return False
    if related & set(rest):
        return True
    known = rows.get(first)
    if verb in _SAVES and not rest:
        return known is not False
    return bool(known) and (verb in _SAVES or bool(_QUERYSET & set(rest)) or not rest)


def _types_of_names(function: FunctionNode | None, tree: Tree) -> dict[str, bool | None]:
    """For each local name: True when a Recorded class made it, False when another table did."""
    found: dict[str, bool | None] = {}
    for node in ast.walk(function) if function else ():
        pairs: list[tuple[ast.expr | None, ast.AST | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(node.targets[0], node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.arg):
            pairs = [(ast.Name(node.arg), node.annotation)]
        for target, value in pairs:
            if isinstance(target, ast.Name) and value is not None:
                found[target.id] = _made_by(value, tree, found)
    return found


def _made_by(value: ast.AST, tree: Tree, known: dict[str, bool | None]) -> bool | None:
    root = said(value).partition(".")[0] if isinstance(value, ast.expr) else "?"
    if root in known:
        return known[root]
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    names |= {
        word for n in ast.walk(value) if isinstance(n, ast.Constant) for word in str(n.value).split(".")
    }
    if names & tree.recorded:
        return True
    return False if names & tree.unrecorded else None


def _related_names(tree: Tree) -> set[str]:
    """How rows with a state are reached from others: `person.tokens`, `alert_set`."""
    found = {f"{name.lower()}_set" for name in tree.recorded}
    for source in tree.sources:
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and node.name in tree.recorded:
                found |= {
                    keyword.value.value
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                    for keyword in call.keywords
                    if keyword.arg == "related_name" and isinstance(keyword.value, ast.Constant)
                }
    return found


def raw_writes(tree: Tree) -> Iterator[str]:
    """INSERT, UPDATE, DELETE or TRUNCATE of a Recorded table in SQL, outside the pen.

    Counting is no such write: an UPDATE that sets nothing but columns which `touch()` may write.
    """
    touched = {table.table: table.touched for table in tree.tables if table.recorded}
    texts = [
        (f"{s.path}:{n.lineno}", n.value)
        for s in tree.sources
        for n in ast.walk(s.tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    texts += [(tree.relative(p), p.read_text("utf-8")) for p in tree.files("*.sql")]
    for where, text in texts:
        if where not in PEN:
            counted = _COUNTING.sub(lambda found: _unless_counting(found, touched), text)
            for table in _RAW.findall(counted):
                if table in tree.recorded_tables:
                    yield f"{where}: SQL that writes {table}: only record() writes rows with a state"


def _unless_counting(found: re.Match[str], touched: Mapping[str, frozenset[str]]) -> str:
    columns = set(_ASSIGNED.findall(found[2]))
    return "" if columns and columns <= touched.get(found[1], frozenset()) else found[0]


def counters(tree: Tree) -> list[str]:
    """Every column that `touch()` may write, as `Model.column`."""
    return sorted(f"{table.name}.{column}" for table in tree.tables for column in table.touched)


def odd_commands(tree: Tree, odd: Iterable[str] = ()) -> Iterator[str]:
    """Commands, and what records on their behalf, without keyword-only `actor` and `at`; `odd` are named.

    (What records outside of a command is refused by the pen itself.)
    """
    for source in tree.sources:
        for node in source.functions():
            is_command = {"command", "pen.command"} & {said(d) for d in node.decorator_list}
            shared = "/commands" in source.path and not node.name.startswith("_") and _records(node)
            missing = {"actor", "at"} - {a.arg for a in node.args.kwonlyargs}
            if (is_command or shared) and missing and node.name not in odd:
                yield f"{source.path}:{node.lineno}: {node.name} lacks keyword-only {sorted(missing)}"


def _records(function: FunctionNode) -> bool:
    return any(
        isinstance(n, ast.Call) and said(n.func).rpartition(".")[2] in {"record", "record_many"}
        for n in ast.walk(function)
    )
