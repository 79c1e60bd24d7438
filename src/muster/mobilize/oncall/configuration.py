"""`schedules:` of the configuration file, in the form of design section 13."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from muster.core.oncall import Effect
from muster.core.plain_form import FormFault
from muster.core.refusal import Refused
from muster.core.schedule_form import read_schedule, write_schedule
from muster.core.wallclock import instant, parse_moment, zone, zone_names
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now, person_by_handle
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.sections.hours import WeekDay
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.models import Override, Schedule
from muster.mobilize.oncall.queries import latest_specs, overrides_of, schedule_of
from muster.mobilize.oncall.reasons import OnCall
from muster.mobilize.oncall.words import FORM


@dataclass(frozen=True, slots=True)
class WindowForm:
    """Hours of the week: `{days: [mon, tue], from: "09:00", to: "17:00"}`; by default always."""

    days: tuple[WeekDay, ...] = ()
    from_: str = "00:00"
    to: str = "24:00"


@dataclass(frozen=True, slots=True)
class LayerForm:
    """A rotation: `{every: 1 week, start: "2026-01-05T09:00", people: [ana, ben], only: [...]}`."""

    every: str
    start: str
    people: tuple[str, ...]
    only: tuple[WindowForm, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class OverrideForm:
    """One person takes an interval; `kind: add`, `remove` or `replace` (with `replaces`) does otherwise."""

    from_: str
    to: str
    person: str
    kind: Effect | None = None
    replaces: str | None = None

    @property
    def once(self) -> tuple[str, str, str]:
        """What tells two overrides of a schedule apart (design 13)."""
        return self.from_, self.to, self.person


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """A schedule. Layers are replaced whole; overrides are added, and what has been never changes."""

    handle: str
    name: str | None = None
    team: str | None = None
    timezone: str | None = None
    layers: tuple[LayerForm, ...] | None = None
    overrides: tuple[OverrideForm, ...] | None = None


class SchedulesSection(Section[ScheduleForm]):
    """Who is on call."""

    name = "schedules"
    form = ScheduleForm

    def check(self, wanted: ScheduleForm, names: Names) -> Iterable[Wrong]:
        """Team and people must be there; zone, turns and times must be such."""
        if wanted.team:
            yield from names.wrong("teams", wanted.team, "team")
        if wanted.timezone is not None and wanted.timezone not in zone_names():
            words = _("%(timezone)s is no time zone; write it like Europe/Madrid")
            yield Wrong("timezone", words % {"timezone": wanted.timezone[:80]})
        for index, layer in enumerate(wanted.layers or ()):
            for place, handle in enumerate(layer.people):
                yield from names.wrong("people", handle, f"layers.{index}.people.{place}")
        for index, override in enumerate(wanted.overrides or ()):
            yield from names.wrong("people", override.person, f"overrides.{index}.person")
            if override.replaces:
                yield from names.wrong("people", override.replaces, f"overrides.{index}.replaces")
        yield from _faults(wanted)

    def current(self) -> Mapping[str, Current[ScheduleForm]]:
        """All schedules as their latest versions say."""
        rows = list(Schedule.objects.select_related("team").order_by("handle"))
        specs = latest_specs([row.pk for row in rows])
        people = dict(Person.objects.values_list("id", "handle"))
        overrides: dict[int, list[OverrideForm]] = {}
        live = Override.objects.select_related("person", "replaces").filter(retired_at__isnull=True)
        for override in live.order_by("id"):
            overrides.setdefault(override.schedule_id, []).append(_read_override(override))
        return {
            row.handle: Current(
                _form(row, specs[row.pk], overrides.get(row.pk, []), people),
                row.made_by,
                row.retired_at is not None,
                tuple(row.aliases),
            )
            for row in rows
        }

    def merge(self, current: ScheduleForm, wanted: ScheduleForm) -> ScheduleForm:
        """Layers in their one spelling; overrides that are not there yet and not over come in addition."""
        merged = super().merge(current, wanted)
        timezone = merged.timezone or "UTC"
        known = current.overrides or ()
        coming = tuple(_coming(_spelled(merged).overrides or (), known, timezone, now()))
        again = {one.once for one in coming}
        kept = tuple(one for one in known if one.once not in again)
        return replace(merged, layers=_spelled(merged).layers, overrides=kept + coming)

    def create(self, wanted: ScheduleForm, applying: Applying) -> None:
        """Add the schedule, then its overrides that are not over."""
        team = by_handle(Team, wanted.team) if wanted.team else None
        timezone = wanted.timezone or (team.timezone if team else "")
        if not timezone:
            raise Refused(OnCall.TIMEZONE_NEEDED)
        schedule = commands.add_schedule(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            spec=_spec(timezone, wanted.layers or ()),
            team_id=team.pk if team else None,
            made_by="apply",
        )
        coming = _coming(_spelled(wanted).overrides or (), (), timezone, applying.at)
        self._override(schedule, coming, applying)

    def change(self, handle: str, merged: ScheduleForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs; a new version closes the old one at this instant."""
        schedule = schedule_of(applying.actor, handle)
        changes: dict[str, Any] = {"name": merged.name} if "name" in fields else {}
        if "team" in fields:
            changes["team_id"] = by_handle(Team, merged.team).pk if merged.team else None
        if fields & {"timezone", "layers"}:
            changes["spec"] = _spec(merged.timezone or "", merged.layers or ())
        schedule = commands.change_schedule(schedule.pk, changes, actor=applying.actor, at=applying.at)
        if "overrides" in fields:
            wanted = {one.once: one for one in merged.overrides or ()}
            for row in overrides_of(applying.actor, schedule):
                if (known := _read_override(row)) in wanted.values():
                    del wanted[known.once]
                elif known.once in wanted:
                    commands.retire_override(row.pk, actor=applying.actor, at=applying.at)
            self._override(schedule, wanted.values(), applying)

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the schedule."""
        schedule = schedule_of(applying.actor, handle)
        retire(Schedule, schedule.pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the schedule back."""
        schedule = schedule_of(applying.actor, handle)
        restore(Schedule, schedule.pk, actor=applying.actor, at=applying.at)

    def _override(self, schedule: Schedule, overrides: Iterable[OverrideForm], applying: Applying) -> None:
        for override in overrides:
            commands.add_override(
                schedule.pk,
                actor=applying.actor,
                at=applying.at,
                start=override.from_,
                end=override.to,
                person_id=person_by_handle(override.person).pk,
                kind=override.kind or Effect.COVER,
                replaces_id=person_by_handle(override.replaces).pk if override.replaces else None,
                made_by="apply",
            )


def _faults(wanted: ScheduleForm) -> Iterator[Wrong]:
    """Each layer and override read by itself, so that every fault is told at once."""
    timezone = wanted.timezone if wanted.timezone in zone_names() else "UTC"
    for index, layer in enumerate(wanted.layers or ()):
        yield from _fault({"timezone": timezone, "layers": [_layer(layer)]}, "layers.0", f"layers.{index}")
    for index, override in enumerate(wanted.overrides or ()):
        data = {"timezone": timezone, "overrides": [_override(override)]}
        yield from _fault(data, "overrides.0", f"overrides.{index}")


def _fault(data: dict[str, Any], path: str, is_at: str) -> Iterator[Wrong]:
    try:
        read_schedule(data)
    except FormFault as fault:
        where = fault.path.replace(path, is_at, 1)
        name = where.rpartition(".")[2]
        fact = f" ({fault.fact})" if fault.fact else ""
        yield Wrong(where, f"{name}{fact}: {FORM[fault.reason]}")


def _layer(layer: LayerForm) -> dict[str, Any]:
    return {
        "every": layer.every,
        "start": layer.start,
        "people": list(layer.people),
        "only": [{"days": list(only.days), "from": only.from_, "to": only.to} for only in layer.only],
        "timezone": layer.timezone,
    }


def _override(override: OverrideForm) -> dict[str, Any]:
    data = {"from": override.from_, "to": override.to, "person": override.person}
    return data | {"kind": override.kind, "replaces": override.replaces}


def _spelled(form: ScheduleForm) -> ScheduleForm:
    """The same in its one spelling; what `check` has passed can be read."""
    data = {
        "timezone": form.timezone or "UTC",
        "layers": [_layer(layer) for layer in form.layers or ()],
        "overrides": [_override(override) for override in form.overrides or ()],
    }
    written = write_schedule(read_schedule(data))
    layers = tuple(_read_layer(layer, {}) for layer in written["layers"])
    overrides = tuple(
        OverrideForm(
            one["from"],
            one["to"],
            one["person"],
            Effect(one["kind"]) if "kind" in one else None,
            one.get("replaces"),
        )
        for one in written["overrides"]
    )
    return replace(form, layers=layers, overrides=overrides)


def _read_layer(layer: Mapping[str, Any], people: Mapping[int, str]) -> LayerForm:
    return LayerForm(
        every=layer["every"],
        start=layer["start"],
        people=tuple(people.get(person, person) for person in layer["people"]),
        only=tuple(
            WindowForm(tuple(WeekDay(day) for day in only["days"]), only["from"], only["to"])
            for only in layer["only"]
        ),
        timezone=layer.get("timezone"),
    )


def _read_override(row: Override) -> OverrideForm:
    kind = None if row.kind == Effect.COVER else Effect(row.kind)
    replaces = row.replaces.handle if row.replaces else None
    return OverrideForm(row.start, row.end, row.person.handle, kind, replaces)


def _form(
    row: Schedule, spec: Mapping[str, Any], overrides: Iterable[OverrideForm], people: Mapping[int, str]
) -> ScheduleForm:
    return ScheduleForm(
        handle=row.handle,
        name=row.name,
        team=row.team.handle if row.team else "",
        timezone=row.timezone,
        layers=tuple(_read_layer(layer, people) for layer in spec["layers"]),
        overrides=tuple(overrides),
    )


def _coming(
    wanted: Iterable[OverrideForm], known: Iterable[OverrideForm], timezone: str, at: datetime
) -> Iterator[OverrideForm]:
    """Overrides that are not known yet and not over: what has been never changes."""
    seen = set(known)
    for override in wanted:
        if override not in seen and instant(parse_moment(override.to), zone(timezone)) > at:
            seen.add(override)
            yield override


def _spec(timezone: str, layers: Iterable[LayerForm]) -> dict[str, Any]:
    written = [_layer(layer) for layer in layers]
    for layer in written:
        layer["people"] = [person_by_handle(handle).pk for handle in layer["people"]]
    return {"timezone": timezone, "layers": written}
