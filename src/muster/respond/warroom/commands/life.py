"""What an incident is and where it stands: its phase, title, impact and flags. Ending it is restore's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core import phases, severity
from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.severity import Situation
from muster.core.text import clean_text
from muster.evaluate.commands import change_severity, write_incident
from muster.evaluate.models import Incident
from muster.foundation.timeline.pen import command
from muster.respond.warroom.commands.entering import command_of, enter
from muster.respond.warroom.queries import life_of, standard_of
from muster.respond.warroom.reasons import Room


@command
def move_phase(incident_id: int, to: Phase, *, actor: Actor, at: datetime, why: str = "") -> Incident:
    """Move to another phase: one step forward is free, a skip or a step back needs a reason (design 9).

    Raises:
        Refused: neither the commander nor a manager, no such arrow, or no reason.
    """
    command_of(actor, incident_id)
    return write_incident(
        incident_id, lambda row: phases.advance(life_of(row), to, at=at, why=why), actor=actor, at=at
    )


@command
def rename_incident(incident_id: int, title: str, *, actor: Actor, at: datetime) -> Incident:
    """Give an incident another title. Raises `Refused`: not in this room, or no words."""
    enter(actor, incident_id)
    words = clean_text(title).strip()[:200]
    if not words:
        raise Refused(Room.WORDS_NEEDED)

    def renamed(row: Incident) -> Change | None:
        if row.title == words:
            return None
        return Change("incident.renamed", {"title": words}, {}, {"title": words})

    return write_incident(incident_id, renamed, actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class ImpactSaid:
    """What is affected; None leaves a part as it is. Lists hold ids."""

    summary: str | None = None
    impact: str | None = None
    scope: str | None = None
    services: tuple[int, ...] | None = None
    products: tuple[int, ...] | None = None
    customers: tuple[int, ...] | None = None
    threat: bool | None = None
    impact_started_at: datetime | None = None


_LISTS = ("services", "products", "customers")


@command
def change_impact(incident_id: int, said: ImpactSaid, *, actor: Actor, at: datetime) -> Incident:
    """Say what is affected. More than one customer, or a threat of it, makes the incident major (R4).

    Raises:
        Refused: not in this room.
    """
    enter(actor, incident_id)
    return write_incident(incident_id, lambda row: _impact(row, said), actor=actor, at=at)


def _impact(row: Incident, said: ImpactSaid) -> Change | None:
    wanted: dict[str, Any] = {
        name: getattr(said, name)
        for name in ("impact", "scope", "threat", "impact_started_at")
        if getattr(said, name) is not None
    }
    wanted |= {name: list(getattr(said, name)) for name in _LISTS if getattr(said, name) is not None}
    if said.summary is not None:
        wanted["summary"] = clean_text(said.summary).strip()
    customers = wanted.get("customers", row.customers)
    situation = Situation(
        interrupted={"all": frozenset(customers)}, imminent_threat=wanted.get("threat", row.threat)
    )
    wanted["major"] = severity.is_major(standard_of(row), situation).is_major
    new = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not new:
        return None
    facts: Mapping[str, Any] = {
        name: {"before": getattr(row, name), "after": value}
        for name, value in new.items()
        if name != "summary"
    }
    text = {"summary": new["summary"]} if new.get("summary") else {}
    return Change("incident.impact_changed", new, facts, text)


@command
def set_flags(incident_id: int, flags: Iterable[str], *, actor: Actor, at: datetime) -> Incident:
    """Raise exactly these compliance flags; a flag that forces a severity raises it at once (R48, R49).

    Raises:
        Refused: neither the commander nor a manager, or the Standard has no such flag.
    """
    row = command_of(actor, incident_id)
    standard, wanted = standard_of(row), sorted(set(flags))
    for flag in wanted:
        if flag not in standard.flags:
            raise Refused(Room.FLAG_UNKNOWN, {"flag": flag[:40], "known": ", ".join(standard.flags)})
    if wanted == sorted(row.flags):
        return row
    facts = {"before": row.flags, "after": wanted, "flag": ", ".join(sorted(set(wanted) - set(row.flags)))}
    change = Change("incident.flagged", {"flags": wanted}, facts)
    row = write_incident(incident_id, lambda _: change, actor=actor, at=at)
    forced = [level for flag in wanted if (level := standard.flags[flag].severity)]
    if forced and severity.rank(severity.worst(forced)) < severity.rank(row.severity):
        why = ", ".join(wanted)
        return change_severity(incident_id, severity.worst(forced), actor=actor, at=at, why=why)
    return row
