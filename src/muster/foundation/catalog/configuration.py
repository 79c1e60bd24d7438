"""Configuration as code: the sections of the file, each held by the stage that registers it (design 13).

**How a stage takes part.** In its own `configuration.py` it writes

1. a *form*: a frozen dataclass of one entry as it stands in the file. Fields are read by their types
   (`core.typed_yaml`: `str`, `int`, `bool`, `timedelta`, `time`, `date`, a `StrEnum`, `tuple[X, ...]`,
   `Mapping[str, X]`, another frozen dataclass; a trailing underscore keeps clear of Python's words: `from_`
   is `from` in the file). Every field but the handle is `X | None = None`, because **absent means
   untouched**; an empty list is not absent. Unknown keys and wrong types are refused before the stage is
   asked.
2. a `Section`: check, current, create, change, retire, restore (see each method). It writes only by calling
   the stage's own commands with `applying.actor` and `applying.at`; permission is theirs.
3. in `registration.py`: `def register(): configuration.register(SchedulesSection())`, which `ready()` in
   `apps.py` calls by `import_string(...)()`, because models can be imported only then. The same place tells
   `pointers` what of this stage points at people, teams, services ... so that those cannot be retired.

The catalog's own `sections/services.py` is a complete example.

`web.configuration` does the rest: reading, line numbers, the plan, one transaction, roll-back, prune, export.
A command that raises `Refused` inside create, change, retire or restore is told with the entry's line; no
section words it again.

**What comes when.** Entries are made and changed section by section in `APPLY_ORDER`; what a section
points at inside itself (a service's dependencies) is set in `finish`, after all of its entries are there.
Pruned entries are retired last, in the opposite order. Everything happens inside one transaction that holds
the organisation's row; a dry run does all of it and rolls back, so it finds what the real one would find.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.utils.translation import gettext as _

from muster.core.permissions import Actor

Form = TypeVar("Form")

FILE_ORDER = (
    "organisation",
    "people",
    "teams",
    "schedules",
    "positions",
    "products",
    "webhooks",
    "policies",
    "services",
    "integrations",
    "heartbeats",
    "rules",
    "customers",
    "status_pages",
)
"""The sections as `export` writes them."""

APPLY_ORDER = (
    "people",
    "teams",
    "positions",
    "schedules",
    "webhooks",
    "policies",
    "services",
    "products",
    "customers",
    "integrations",
    "heartbeats",
    "rules",
    "status_pages",
    "organisation",
)
"""What is pointed at comes before what points at it."""

TARGETS: Mapping[str, str] = {
    "person": "people",
    "team": "teams",
    "manager": "teams",
    "schedule": "schedules",
    "position": "positions",
    "on-call-manager": "schedules",
    "policy": "policies",
    "webhook": "webhooks",
}
"""The kinds of target (`person:ana`, `manager:payments`) and the section that each names."""

PEOPLE: Sequence[str] = tuple(kind for kind in TARGETS if kind not in ("policy", "webhook"))
"""The kinds of target that mean people; only a policy's own step may name another policy, or a webhook."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong in an entry: `path` inside the entry (`layers.0.people.1`), and why, in words."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Current(Generic[Form]):
    """One configured thing as it stands, written in the form of the file with every field filled in.

    Lists whose order means nothing are sorted, here and in `merge`, so that the file may order them freely.
    `export` leaves out what is None or empty. `made_by` is who made it first (`hand`, `apply`, `demo`, ...);
    only what `apply` made is pruned.
    """

    form: Form
    made_by: str
    is_retired: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Every handle that will be there after the apply, per section: what checks of references ask."""

    handles: Mapping[str, frozenset[str]]

    def wrong(self, section: str, handle: str, path: str) -> Iterable[Wrong]:
        """Nothing when `section` has `handle`, here or in the file; otherwise what to tell."""
        if handle not in self.handles.get(section, frozenset()):
            words = {"section": section, "handle": handle}
            yield Wrong(
                path, _("there is no %(handle)s in %(section)s, neither here nor in the file") % words
            )

    def wrong_target(self, target: str, path: str, kinds: Iterable[str] = PEOPLE) -> Iterable[Wrong]:
        """The same for a target such as `person:ana`, of one of these kinds."""
        kind, colon, handle = target.partition(":")
        if not colon or kind not in kinds:
            words = {"target": target, "kinds": ", ".join(f"{name}:..." for name in kinds)}
            yield Wrong(path, _("%(target)s is no target; write one of %(kinds)s") % words)
        else:
            yield from self.wrong(TARGETS[kind], handle, path)


@dataclass(frozen=True, slots=True)
class Applying:
    """One run of `apply`: who, when, and what is shown once afterwards (integration keys).

    `base_url` is where this installation is reached, without a slash at its end. `is_dry_run`: everything
    is rolled back afterwards; `shown` is then not printed.
    """

    actor: Actor
    at: datetime
    base_url: str = ""
    is_dry_run: bool = False
    shown: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def show(self, section: str, **facts: str) -> None:
        """Show these facts once, for example `show("integrations", handle=..., key=..., url=...)`."""
        self.shown.setdefault(section, []).append(facts)


class Section(ABC, Generic[Form]):
    """One key of the file and the things under it. Make one instance and register it in `ready()`."""

    name: ClassVar[str]
    """The key in the file: one of `FILE_ORDER`."""
    form: ClassVar[type[Any]]
    """The frozen dataclass of one entry."""
    key: ClassVar[str] = "handle"
    """The field by which an entry is known for ever."""
    is_single: ClassVar[bool] = False
    """The key holds one entry, not a list of them (only `organisation`)."""

    def check(self, wanted: Form, names: Names) -> Iterable[Wrong]:
        """Everything wrong with an entry, references to other things included. Writes nothing."""
        return ()

    @abstractmethod
    def current(self) -> Mapping[str, Current[Form]]:
        """All things of this section by handle, retired ones too."""

    def merge(self, current: Form, wanted: Form) -> Form:
        """What the entry will be: what the file leaves out stays. Override it for lists that are not replaced
        whole (`overrides`) and to fill in defaults, so that an entry written shorter compares equal."""
        given = {
            item.name: getattr(wanted, item.name)
            for item in dataclasses.fields(cast(Any, wanted))
            if getattr(wanted, item.name) is not None and item.name != self.key
        }
        return cast(Form, dataclasses.replace(cast(Any, current), **given))

    @abstractmethod
    def create(self, wanted: Form, applying: Applying) -> None:
        """Make it, with `made_by="apply"`. References to entries of the same section wait for `finish`."""

    def finish(self, wanted: Form, applying: Applying) -> None:
        """Called for each created entry after all entries of this section are there."""
        return None

    @abstractmethod
    def change(self, handle: str, merged: Form, fields: frozenset[str], applying: Applying) -> None:
        """Change these fields (dataclass field names) to what `merged` says. Called only when some differ."""

    @abstractmethod
    def retire(self, handle: str, applying: Applying) -> None:
        """Retire it; its command refuses while something live points at it and says what."""

    @abstractmethod
    def restore(self, handle: str, applying: Applying) -> None:
        """Undo `retire`: the file names a retired thing. `change` follows when fields differ."""


_sections: dict[str, Section[Any]] = {}


def register(*sections: Section[Any]) -> None:
    """Add a stage's sections at start-up.

    Raises:
        ValueError: the name is not in `FILE_ORDER`, or another stage has it.
    """
    for section in sections:
        if section.name not in FILE_ORDER:
            raise ValueError(f"{section.name} is no section of the file")
        known = _sections.setdefault(section.name, section)
        if type(known) is not type(section):
            raise ValueError(f"section {section.name} is registered twice")


def sections(order: Iterable[str] = FILE_ORDER) -> list[Section[Any]]:
    """The registered sections in this order."""
    return [_sections[name] for name in order if name in _sections]
