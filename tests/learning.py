"""Resolved incidents to learn from, made by the commands below review."""

from datetime import datetime, timedelta
from typing import Any

from muster.core import phases
from muster.core.permissions import system
from muster.core.phases import ClosedBy
from muster.evaluate.commands import Declaration, declare_incident, write_incident
from muster.evaluate.models import Incident
from muster.foundation.access.queries import Arrival
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.respond.warroom.queries import life_of

TESTS = system("tests")


def publish_default(at: datetime) -> None:
    """The default Standard is in force."""
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=at, preset=DEFAULT)


def declared(who: Arrival, title: str = "Checkout fails", **more: Any) -> Incident:
    """An incident declared by somebody who is in command of it."""
    said = Declaration(title, **({"severity": "SEV2"} | more))
    return declare_incident(said, actor=who.actor, at=who.at)


def resolved(
    who: Arrival, title: str = "Checkout fails", *, after: timedelta | None = None, **more: Any
) -> Incident:
    """An incident that is resolved, `after` its declaration or at once."""
    incident = declared(who, title, **more)
    return resolve(incident, who, at=who.at + (after or timedelta()))


def resolve(incident: Incident, who: Arrival, *, at: datetime) -> Incident:
    """Resolve it, the gate's checks being met."""

    def rule(row: Incident) -> Any:
        return phases.resolve(life_of(row), (), at=at, by=ClosedBy.COMMANDER, why="it is over")

    return write_incident(incident.pk, rule, actor=who.actor, at=at)


def reopen(incident: Incident, who: Arrival) -> Incident:
    """Take it back to work."""
    return write_incident(
        incident.pk, lambda row: phases.reopen(life_of(row), why="it is back"), actor=who.actor, at=who.at
    )


def set_audience(incident: Incident, audience_id: int) -> Incident:
    """Make an incident need-to-know, as raising its flag does."""
    change = phases.Change("incident.flagged", {"audience_id": audience_id}, {"flag": "personal_data"})
    return write_incident(incident.pk, lambda _: change, actor=TESTS, at=incident.declared_at)
