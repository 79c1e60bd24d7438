"""`rules:` of the configuration file: planned work, and what is held back, changed, delayed or grouped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.refusal import Refused
from muster.core.rule_form import RuleKind
from muster.core.wallclock import parse_duration, parse_moment
from muster.evaluate import commands
from muster.evaluate.commands.rules import checked
from muster.evaluate.models import Rule
from muster.evaluate.rule_showing import shown_fields, shown_matchers
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.timeline.refusals import told


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule; which fields there are, its kind says (docs/evaluation.md). They are given whole.

    `ends_at` has an offset.
    """

    handle: str
    kind: RuleKind | None = None
    name: str | None = None
    why: str | None = None
    matchers: tuple[str, ...] | None = None
    position: int | None = None
    ends_at: str | None = None
    starts: str | None = None
    lasts: timedelta | None = None
    timezone: str | None = None
    repeat: str | None = None
    services: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    source: tuple[str, ...] | None = None
    equal: tuple[str, ...] | None = None
    severity: str | None = None
    summary: str | None = None
    labels: Mapping[str, str] | None = None
    service: str | None = None
    urgency: str | None = None
    declare: str | None = None
    drop: bool | None = None
    last: bool | None = None
    times: int | None = None
    within: timedelta | None = None
    changes: int | None = None
    by: tuple[str, ...] | None = None
    alike: bool | None = None


_OWN = ("handle", "kind", "name", "why", "matchers", "position", "ends_at")
_FIELDS = tuple(item.name for item in fields(RuleForm) if item.name not in _OWN)


class RulesSection(Section[RuleForm]):
    """The rules of evaluation."""

    name = "rules"
    form = RuleForm

    def check(self, wanted: RuleForm, names: Names) -> Iterable[Wrong]:
        """Services and teams must be there; the kind never changes; the rest is as the command says."""
        row = Rule.objects.filter(handle=wanted.handle).first()
        kind = wanted.kind or (row.kind if row is not None else None)
        if kind is None:
            yield Wrong("kind", _("a new rule needs a %(field)s") % {"field": "kind"})
            return
        if row is not None and row.kind != kind:
            words = _("the kind of a rule never changes; this one is of the kind %(kind)s")
            yield Wrong("kind", words % {"kind": row.kind})
            return
        if row is None and not wanted.why:
            yield Wrong("why", _("a new rule needs a %(field)s") % {"field": "why"})
        for section, some in (("services", wanted.services), ("teams", wanted.teams)):
            for index, handle in enumerate(some or ()):
                yield from names.wrong(section, handle, f"{section}.{index}")
        if wanted.service:
            yield from names.wrong("services", wanted.service, "service")
        if wanted.ends_at:
            yield from _wrong_end(wanted.ends_at)
        yield from _wrong_fields(str(kind), wanted if row is None else self.merge(_form(row), wanted))

    def current(self) -> Mapping[str, Current[RuleForm]]:
        """All rules; planned work that does not recur ends by itself."""
        rows = Rule.objects.order_by("handle")
        return {
            row.handle: Current(_form(row), row.made_by, row.retired_at is not None, tuple(row.aliases))
            for row in rows
        }

    def merge(self, current: RuleForm, wanted: RuleForm) -> RuleForm:
        """Fields are given whole where any is; matchers in the spelling that is kept."""
        merged = super().merge(current, wanted)
        if any(getattr(wanted, name) is not None for name in _FIELDS):
            merged = replace(merged, **{name: getattr(wanted, name) for name in _FIELDS})
        return _spelled(merged)

    def create(self, wanted: RuleForm, applying: Applying) -> None:
        """Make the rule."""
        commands.add_rule(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            kind=str(wanted.kind or ""),
            name=wanted.name or wanted.handle,
            matchers=wanted.matchers or (),
            fields=_said(wanted),
            why=wanted.why or "",
            ends_at=_moment(wanted.ends_at),
            position=100 if wanted.position is None else wanted.position,
            made_by="apply",
        )

    def change(self, handle: str, merged: RuleForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes: dict[str, Any] = {
            name: getattr(merged, name) for name in fields & {"name", "why", "position"}
        }
        if "matchers" in fields:
            changes["matchers"] = merged.matchers or ()
        if "ends_at" in fields:
            changes["ends_at"] = _moment(merged.ends_at)
        if fields & set(_FIELDS):
            changes["fields"] = _said(merged)
        row = Rule.objects.get(handle=handle)
        commands.change_rule(row.pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the rule."""
        commands.retire_rule(Rule.objects.get(handle=handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the rule back."""
        commands.restore_rule(Rule.objects.get(handle=handle).pk, actor=applying.actor, at=applying.at)


def _said(form: RuleForm) -> dict[str, Any]:
    """The fields of its kind, as the command takes them."""
    found = {name: getattr(form, name) for name in _FIELDS if getattr(form, name) is not None}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _form(row: Rule) -> RuleForm:
    shown = shown_fields(row.spec)
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in shown.items()
        if name in _FIELDS
    }
    for name in ("lasts", "within"):
        if name in values:
            values[name] = parse_duration(values[name])
    ends = None if row.kind == RuleKind.MAINTENANCE and "repeat" not in row.spec else row.ends_at
    return RuleForm(
        handle=row.handle,
        kind=RuleKind(row.kind),
        name=row.name,
        why=row.why,
        matchers=tuple(shown_matchers(row.matchers)),
        position=row.position,
        ends_at=ends.isoformat() if ends is not None else None,
        **values,
    )


def _spelled(form: RuleForm) -> RuleForm:
    """As it will be read back, so that what is written otherwise compares equal."""
    try:
        said = checked(str(form.kind), form.matchers or (), _with_any_names(form), as_ids=True)
    except Refused:
        return form
    kept = shown_fields({name: value for name, value in said.spec.items() if name not in _NAMED})
    values: dict[str, Any] = {name: getattr(form, name) for name in _NAMED}
    for name in _FIELDS:
        if name not in _NAMED:
            value = kept.get(name)
            values[name] = tuple(value) if isinstance(value, list) else value
    for name in ("lasts", "within"):
        if values[name] is not None:
            values[name] = parse_duration(values[name])
    ends = _moment(form.ends_at)
    matchers = tuple(str(one) for one in said.matchers)
    return replace(form, matchers=matchers, ends_at=ends.isoformat() if ends else None, **values)


_NAMED = ("services", "teams", "service")


def _with_any_names(form: RuleForm) -> dict[str, Any]:
    """The fields with an id that stands for any in the place of services and teams: the same file may make
    those."""
    found = _said(form)
    return found | {name: 1 if name == "service" else [1] for name in _NAMED if found.get(name)}


def _wrong_end(text: str) -> Iterable[Wrong]:
    try:
        _moment(text)
    except ValueError:
        yield Wrong("ends_at", _("write a time with an offset, such as 2026-01-31T02:00:00Z"))


def _moment(text: str | None) -> datetime | None:
    """A time with an offset. Raises ValueError."""
    if not text:
        return None
    found = parse_moment(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _wrong_fields(kind: str, wanted: RuleForm) -> Iterable[Wrong]:
    try:
        checked(kind, wanted.matchers or (), _with_any_names(wanted), as_ids=True)
    except Refused as refused:
        yield Wrong(str(refused.detail.get("field", "")) or "matchers", told(refused).sentence)
