"""The Standard as a document: read, checked, written and compared (design section 8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from muster.core.standard.checks import broken_rules
from muster.core.standard.model import Standard
from muster.core.typed_yaml import Fault, InvalidDocument, Problem, dump, plain, read


def parse(text: str, *overlays: str) -> Standard:
    """Return the Standard that the YAML text holds, changed by each overlay in turn.

    Raises:
        InvalidDocument: with every fault, its line, its path and its reason; unknown keys are faults.
    """
    standard, lines = read(Standard, text, *overlays)
    problems = [
        Problem(_line_of(path, lines), path, Fault.RULE, rule.value) for path, rule in broken_rules(standard)
    ]
    if problems:
        raise InvalidDocument(problems)
    return standard


def to_yaml(standard: Standard) -> str:
    """Return the Standard as YAML that `parse` reads back to an equal one."""
    return dump(standard)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two Standards differ; None where one of them has nothing there."""

    path: str
    before: Any
    after: Any


def diff(before: Standard, after: Standard) -> tuple[Difference, ...]:
    """Return where two Standards differ, by path; lists are compared whole."""
    old, new = dict(_leaves("", plain(before))), dict(_leaves("", plain(after)))
    paths = list(old) + [path for path in new if path not in old]
    return tuple(
        Difference(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    else:
        yield path, value


def _line_of(path: str, lines: Mapping[str, int]) -> int:
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)
