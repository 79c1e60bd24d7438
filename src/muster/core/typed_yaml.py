"""Read YAML into frozen dataclasses, and say every fault with its line (design section 8).

The types decide how a value is read, not YAML's guesses: a field of type `str` keeps what stands there (`no`,
`24x7` and `000` stay text), durations are spelled `15m`, dates `2026-01-31`, times `09:00`. Unknown keys,
double keys, anchors and wrong types are faults; all faults are collected, not only the first.

An overlay changes a document: what has fields is merged field by field (an entry set to null is taken out), a
list or a table of texts or figures is replaced whole. In an overlay a list where such a table stands picks
those entries from below, and a text left empty is taken from below.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import yaml

from muster.core.wallclock import format_duration, parse_duration, parse_time_of_day

T = TypeVar("T")

LARGEST_TEXT_CHARS: Final = 400_000
"""A longer document is refused unread."""

_DEEPEST = 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, ten times as fast, where it was built


class Fault(StrEnum):
    """What is wrong with one place of a document."""

    NOT_YAML = "not_yaml"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    ANCHOR = "anchor"
    UNKNOWN_KEY = "unknown_key"
    DOUBLE_KEY = "double_key"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    NOT_ONE_OF = "not_one_of"
    NOTHING_BELOW = "nothing_below"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the line (from 1), the dotted path, what is wrong, and the facts of it as text.

    `layer` counts the texts from 0: the document, then its overlays.
    """

    line: int
    path: str
    fault: Fault
    fact: str = ""
    layer: int = 0

    def __str__(self) -> str:
        """For logs and the command line."""
        return f"line {self.line}: {self.path or 'document'}: {self.fault.value} {self.fact}".rstrip()


class InvalidDocument(ValueError):
    """The text does not hold what it should; `problems` has every fault found, in the order of the text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def read(
    kind: type[T], text: str, *overlays: str, limit_chars: int = LARGEST_TEXT_CHARS
) -> tuple[T, dict[str, int]]:
    """Return the document as an object of the dataclass `kind`, and the line of each path.

    Raises:
        InvalidDocument: with every fault found.
    """
    problems: list[Problem] = []
    node = _compose(text, 0, limit_chars, problems)
    for layer, overlay in enumerate(overlays, start=1):
        node = _merge(kind, node, _compose(overlay, layer, limit_chars, problems), _Place("", problems))
    lines: dict[str, int] = {}
    value = _read(kind, node, _Place("", problems, lines))
    if problems:
        raise InvalidDocument(sorted(problems, key=lambda problem: (problem.layer, problem.line)))
    return value, lines


def plain(value: Any) -> Any:
    """Return an object as what YAML and JSON hold, without the fields that are at their default."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            _key(item): plain(getattr(value, item.name))
            for item in fields(value)
            if getattr(value, item.name) != _default(item)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return (
        value.isoformat() if isinstance(value, date) else value.value if isinstance(value, StrEnum) else value
    )


def dump(value: Any) -> str:
    """Return the object as YAML text that `read` reads back to an equal one."""
    return yaml.safe_dump(plain(value), sort_keys=False, allow_unicode=True, width=100)


# Composing


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reader stands, and where it writes what it finds."""

    path: str
    problems: list[Problem]
    lines: dict[str, int] | None = None
    depth: int = 0

    def inside(self, key: str) -> "_Place":
        path = f"{self.path}.{key}" if self.path else key
        return _Place(path, self.problems, self.lines, self.depth + 1)

    def fail(self, node: yaml.Node, fault: Fault, fact: str = "") -> None:
        self.problems.append(Problem(_line(node), self.path, fault, fact, _layer(node)))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _layer(node: yaml.Node) -> int:
    return int(getattr(node, "layer", 0))


def _compose(text: str, layer: int, limit_chars: int, problems: list[Problem]) -> yaml.Node:
    if len(text) > limit_chars:
        raise InvalidDocument([Problem(1, "", Fault.TOO_LARGE, f"{len(text)} > {limit_chars}", layer)])
    try:
        _refuse_tricks(text, layer)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidDocument([Problem(line, "", Fault.NOT_YAML, str(error.problem), layer)]) from error
    except yaml.YAMLError as error:
        raise InvalidDocument([Problem(1, "", Fault.NOT_YAML, str(error)[:200], layer)]) from error
    if node is None:
        raise InvalidDocument([Problem(1, "", Fault.NOT_YAML, "empty", layer)])
    _mark(node, layer, _Place("", problems))
    return node


def _refuse_tricks(text: str, layer: int) -> None:
    """Anchors let a short text grow without end, and depth would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None):
            raise InvalidDocument([Problem(line, "", Fault.ANCHOR, layer=layer)])
        if depth > _DEEPEST:
            raise InvalidDocument([Problem(line, "", Fault.TOO_DEEP, layer=layer)])


def _mark(node: yaml.Node, layer: int, place: _Place) -> None:
    """Note the layer of each node, and every key that stands twice."""
    node.layer = layer  # type: ignore[attr-defined]
    children = node.value if isinstance(node, yaml.SequenceNode) else []
    for index, item in enumerate(children):
        _mark(item, layer, place.inside(str(index)))
    seen: set[str] = set()
    for key, value in node.value if _is_mapping(node) else []:
        inside = place.inside(_name(key))
        key.layer = layer
        if _name(key) in seen:
            inside.fail(key, Fault.DOUBLE_KEY)
        seen.add(_name(key))
        _mark(value, layer, inside)


# Merging


def _merge(kind: Any, below: yaml.Node, above: yaml.Node, place: _Place) -> yaml.Node:
    kind = _unwrapped(kind)
    if is_dataclass(kind) and isinstance(below, yaml.MappingNode) and isinstance(above, yaml.MappingNode):
        kinds = _kinds(cast(Any, kind))
        return _merge_entries(below, above, place, kinds.get)
    if get_origin(kind) is not Mapping:
        return above
    item_kind = get_args(kind)[1]
    if not is_dataclass(item_kind) and get_origin(item_kind) is not Mapping:
        return _merge_texts(below, above, place)
    if isinstance(below, yaml.MappingNode) and isinstance(above, yaml.MappingNode):
        return _merge_entries(below, above, place, lambda _: item_kind)
    return above


def _merge_entries(
    below: yaml.MappingNode, above: yaml.MappingNode, place: _Place, kind_of: Any
) -> yaml.Node:
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = {_name(key): (key, value) for key, value in below.value}
    for key, value in above.value:
        name = _name(key)
        kind = kind_of(name)
        if name in entries and kind is not None and not _is_null(value):
            value = _merge(kind, entries[name][1], value, place.inside(name))
        entries[name] = (key, value)
    return _mapping(above, list(entries.values()))


def _merge_texts(below: yaml.Node, above: yaml.Node, place: _Place) -> yaml.Node:
    known = {_name(key): (key, value) for key, value in below.value} if _is_mapping(below) else {}
    if _is_mapping(above):
        wanted = [(key, value) for key, value in above.value]
    elif isinstance(above, yaml.SequenceNode):
        wanted = [(key, None) for key in above.value]
    else:
        return above
    entries = []
    for key, value in wanted:
        if value is not None and not _is_null(value):
            entries.append((key, value))
        elif _name(key) in known:
            entries.append((key, known[_name(key)][1]))
        else:
            place.inside(_name(key)).fail(key, Fault.NOTHING_BELOW)
    return _mapping(above, entries)


def _mapping(like: yaml.Node, entries: list[tuple[yaml.Node, yaml.Node]]) -> yaml.MappingNode:
    node = yaml.MappingNode("tag:yaml.org,2002:map", entries, like.start_mark, like.end_mark)
    node.layer = _layer(like)  # type: ignore[attr-defined]
    return node


# Reading


def _read(kind: Any, node: yaml.Node, place: _Place) -> Any:
    if place.lines is not None and place.path:
        place.lines[place.path] = _line(node)
    if _is_optional(kind) and _is_null(node):
        return None
    kind = _unwrapped(kind)
    if is_dataclass(kind):
        return _read_fields(kind, node, place)
    origin = get_origin(kind)
    if origin is tuple:
        return _read_list(get_args(kind)[0], node, place)
    if origin is Mapping:
        key_kind, item_kind = get_args(kind)
        return _read_mapping(key_kind, item_kind, node, place)
    return _read_scalar(kind, node, place)


def _read_fields(kind: Any, node: yaml.Node, place: _Place) -> Any:
    if not _is_mapping(node):
        return place.fail(node, Fault.WRONG_TYPE, "mapping")
    kinds, found = _kinds(kind), {}
    for key, value in _entries(node):
        if key not in kinds:
            place.inside(key).fail(value, Fault.UNKNOWN_KEY, ", ".join(sorted(kinds)))
        else:
            found[key] = _read(kinds[key], value, place.inside(key))
    for item in fields(kind):
        if _key(item) not in found and _default(item) is MISSING:
            place.inside(_key(item)).fail(node, Fault.MISSING_KEY)
    if any(problem.path.startswith(place.path) for problem in place.problems):
        return None
    return kind(**{item.name: found[_key(item)] for item in fields(kind) if _key(item) in found})


def _read_list(kind: Any, node: yaml.Node, place: _Place) -> tuple[Any, ...]:
    if not isinstance(node, yaml.SequenceNode):
        place.fail(node, Fault.WRONG_TYPE, "list")
        return ()
    return tuple(_read(kind, item, place.inside(str(index))) for index, item in enumerate(node.value))


def _read_mapping(key_kind: Any, kind: Any, node: yaml.Node, place: _Place) -> dict[Any, Any]:
    if not _is_mapping(node):
        place.fail(node, Fault.WRONG_TYPE, "mapping")
        return {}
    result = {}
    for key, value in _entries(node):
        if _is_null(value) and is_dataclass(_unwrapped(kind)):
            continue
        name = key if key_kind is str else _one_of(key_kind, key, value, place.inside(key))
        result[name] = _read(kind, value, place.inside(key))
    return result


def _entries(node: yaml.MappingNode) -> list[tuple[str, yaml.Node]]:
    return [(_name(key), value) for key, value in node.value]


def _read_scalar(kind: Any, node: yaml.Node, place: _Place) -> Any:
    if not isinstance(node, yaml.ScalarNode) or _is_null(node):
        return place.fail(node, Fault.WRONG_TYPE, _called(kind))
    text = str(node.value)
    if issubclass(kind, StrEnum):
        return _one_of(kind, text, node, place)
    try:
        return _SCALARS[kind](text)
    except (ValueError, KeyError):
        return place.fail(node, Fault.WRONG_TYPE, f"{_called(kind)}: {text[:60]!r}")


def _one_of(kind: type[StrEnum], text: str, node: yaml.Node, place: _Place) -> StrEnum | None:
    try:
        return kind(text)
    except ValueError:
        place.fail(node, Fault.NOT_ONE_OF, ", ".join(kind))
        return None


def _whole(text: str) -> int:
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
        raise ValueError(text)
    return int(text)


_SCALARS: Final[Mapping[Any, Any]] = {
    str: str,
    int: _whole,
    bool: lambda text: {"true": True, "false": False}[text],
    timedelta: parse_duration,
    date: date.fromisoformat,
    time: parse_time_of_day,
}


def _called(kind: Any) -> str:
    names = {timedelta: "duration such as 15m", bool: "true or false", int: "whole number", str: "text"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def _is_mapping(node: yaml.Node) -> TypeGuard[yaml.MappingNode]:
    return isinstance(node, yaml.MappingNode)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _name(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "?"


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def _unwrapped(kind: Any) -> Any:
    if not _is_optional(kind):
        return kind
    return next(item for item in get_args(kind) if item is not type(None))


def _key(item: Field[Any]) -> str:
    """`from_` is spelled `from` in YAML: the trailing mark only keeps clear of Python's keywords."""
    return item.name.rstrip("_")


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {_key(item): hints[item.name] for item in fields(kind)}
