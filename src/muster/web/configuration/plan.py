"""The plan: what a file would create, change, leave and retire. Pure: decided from things as they stand."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from muster.foundation.catalog import configuration
from muster.foundation.catalog.configuration import Current, Names, Section
from muster.web.configuration.document import Document, Entry
from muster.web.configuration.reasons import Finding

Standing = Mapping[str, Mapping[str, Current[Any]]]
"""All things as they stand: section, handle, thing."""

RETIRED = "retired"
"""Named among the changed fields when the file brings a retired thing back."""


class Action(StrEnum):
    """What happens to one thing."""

    CREATE = "create"
    CHANGE = "change"
    LEAVE = "leave"
    WOULD_DELETE = "would_delete"
    """An earlier `apply` made it and the file no longer names it: `--prune` would retire it."""
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the plan. `entry` is None for what the file does not name."""

    section: Section[Any]
    handle: str
    action: Action
    fields: tuple[str, ...] = ()
    entry: Entry | None = None
    merged: Any = None


def make_plan(document: Document, standing: Standing, *, prune: bool) -> list[Step]:
    """Say what happens to each thing that the file names or an earlier `apply` made.

    Things made by hand that the file does not name are left alone and do not appear.
    """
    steps = [_step(entry, standing.get(entry.section.name, {})) for entry in document.entries]
    named = {(step.section.name, step.handle) for step in steps}
    return steps + list(_missing(standing, named, prune=prune))


def names_after(document: Document, standing: Standing) -> Names:
    """Every handle that is there after the apply: what stands and is live, and what the file names."""
    handles: dict[str, set[str]] = {}
    for section, things in standing.items():
        for handle, current in things.items():
            if not current.is_retired:
                handles.setdefault(section, set()).update({handle, *current.aliases})
    for entry in document.entries:
        handles.setdefault(entry.section.name, set()).add(entry.handle)
    return Names({section: frozenset(found) for section, found in handles.items()})


def check(document: Document, names: Names) -> list[Finding]:
    """Everything wrong with the entries, references across sections included."""
    return [
        document.finding(f"{entry.path}.{wrong.path}", wrong.sentence)
        for entry in document.entries
        for wrong in entry.section.check(entry.form, names)
    ]


def _step(entry: Entry, things: Mapping[str, Current[Any]]) -> Step:
    handle = _known_as(entry.handle, things)
    if handle is None:
        return Step(entry.section, entry.handle, Action.CREATE, entry=entry)
    current = things[handle]
    merged = entry.section.merge(current.form, entry.form)
    fields = tuple(
        field.name
        for field in dataclasses.fields(merged)
        if getattr(merged, field.name) != getattr(current.form, field.name)
    )
    if current.is_retired:
        fields = (RETIRED, *fields)
    action = Action.CHANGE if fields else Action.LEAVE
    return Step(entry.section, handle, action, fields, entry, merged)


def _known_as(handle: str, things: Mapping[str, Current[Any]]) -> str | None:
    if handle in things:
        return handle
    return next((known for known, current in things.items() if handle in current.aliases), None)


def _missing(standing: Standing, named: set[tuple[str, str]], *, prune: bool) -> Iterator[Step]:
    known = {section.name: section for section in configuration.sections()}
    for section, things in standing.items():
        for handle, current in things.items():
            if current.made_by == "apply" and not current.is_retired and (section, handle) not in named:
                action = Action.RETIRE if prune else Action.WOULD_DELETE
                yield Step(known[section], handle, action)
