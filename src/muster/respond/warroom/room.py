"""Everything that the war room shows, read at once: about twenty queries whatever the incident's size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core import roles
from muster.core.obligations import Kind
from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.phase_rail import Stop, rail
from muster.core.phases import Phase, next_phase
from muster.core.roles import COMMANDER, Holder
from muster.core.standard import Checklist, Standard
from muster.detect.models import ChangeEvent
from muster.detect.queries import changes_near
from muster.evaluate.models import AlertGroup, Incident
from muster.evaluate.queries import groups, similar_incidents
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Customer, Product, Service
from muster.foundation.catalog.queries import below
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import what_is_due
from muster.foundation.timeline import kinds
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.queries import Line, events_of_incident, told
from muster.mobilize.escalation.models import Responder
from muster.mobilize.escalation.queries import responders_of
from muster.respond.statuspage.models import PageIncident, StatusPage
from muster.respond.statuspage.queries import faces_of, pages
from muster.respond.warroom.models import Document, Handover, Task, Tick, Update
from muster.respond.warroom.naming import names_of
from muster.respond.warroom.queries import (
    assignments_of,
    document_of,
    life_of,
    open_handover,
    standard_of,
    tasks_of,
    updates_of,
)

ENTRIES = 50
"""So many of the timeline are shown at a time; before them one scrolls on."""
GROUPS = 10
"""So many groups of alerts are named in the room; all of them stand in their list."""
_ENTERING = (
    "incident.phase_changed",
    "incident.mitigated",
    "incident.resolved",
    "incident.reopened",
    "incident.closed",
    "incident.dismissed",
    "incident.merged",
    "incident.sent_to_backlog",
)
# The machine's own steps: that somebody was called, came, or could not be reached is told, by other events.
_QUIET = (
    "obligation.armed",
    "obligation.met",
    "obligation.reminded",
    "obligation.superseded",
    "escalation.started",
    "escalation.step_started",
    "escalation.stopped",
    "page.started",
    "delivery.queued",
    "delivery.claimed",
    "delivery.accepted",
    "delivery.delivered",
    "delivery.retry_scheduled",
    "delivery.acknowledged",
    "delivery.folded",
    "delivery.cancelled",
    "delivery.hastened",
    "delivery.result_ignored",
    "incident.timestamps_corrected",
    "page_incident.changed",
)


@dataclass(frozen=True, slots=True)
class May:
    """What this actor may do here: a control that is not theirs is never shown."""

    command: bool
    work: bool
    claim: bool
    take: bool
    publish: bool
    report: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role in use: its title in the Standard, who holds it, and why."""

    role: str
    title: str
    people: tuple[Person, ...]
    how: roles.HeldHow


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist; `tick` says who did it, when."""

    name: str
    words: str
    tick: Tick | None


@dataclass(frozen=True, slots=True)
class ListView:
    """One checklist of the Standard as it stands in this incident."""

    name: str
    list: Checklist
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A stretch of the timeline in words, oldest first; `older`: there are more, before that event."""

    lines: Sequence[Line]
    older: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """One incident as its people see it at `at`."""

    incident: Incident
    at: datetime
    standard: Standard
    may: May
    stops: tuple[Stop, ...]
    next_phase: Phase | None
    handover: Handover | None
    roles: tuple[RoleLine, ...]
    my_roles: tuple[str, ...]
    owed: list[Obligation]
    updates: list[Update]
    tasks: list[Task]
    checklists: tuple[ListView, ...]
    responders: list[Responder]
    groups: list[AlertGroup]
    groups_count: int
    faces: list[PageIncident]
    pages: list[StatusPage]
    document: Document | None
    services: list[Service]
    products: list[Product]
    customers: list[Customer]
    changes: list[ChangeEvent]
    similar: list[Incident]

    @property
    def next_update(self) -> Obligation | None:
        """The update that is due next."""
        return next((one for one in self.owed if one.kind == Kind.UPDATE_BY), None)

    @property
    def is_open(self) -> bool:
        """Whether people still work on it."""
        return Phase(self.incident.phase).is_open


def room(actor: Actor, incident: Incident, at: datetime) -> Room:
    """Read the room of an incident that this actor may see (from `evaluate.queries.incident_of`)."""
    standard, held = standard_of(incident), assignments_of(incident)
    handover = open_handover(incident.pk)
    holding = roles.holders(standard, held)
    people = _people(holding)
    mine = tuple(role for role, holder in holding.items() if actor.id in holder.people)
    life = life_of(incident)
    return Room(
        incident=incident,
        at=at,
        standard=standard,
        may=may_here(actor, incident, handover),
        stops=rail(_visits(actor, incident), life.skips, at=at),
        next_phase=next_phase(life),
        handover=handover,
        roles=tuple(_role(role, holder, standard, people) for role, holder in holding.items()),
        my_roles=mine,
        owed=what_is_due(actor, incident.pk),
        updates=updates_of(actor, incident.pk),
        tasks=tasks_of(actor, incident.pk),
        checklists=_checklists(incident, standard, mine),
        responders=responders_of(actor, incident.pk),
        groups=list(groups(actor).filter(incident=incident)[:GROUPS]),
        groups_count=groups(actor).filter(incident=incident).count(),
        faces=faces_of(actor, incident.pk),
        pages=list(pages(actor)),
        document=document_of(actor, incident.pk),
        services=list(Service.objects.select_related("team").filter(pk__in=incident.services)),
        products=list(Product.objects.filter(pk__in=incident.products)),
        customers=list(Customer.objects.filter(pk__in=incident.customers)),
        changes=changes_near(actor, below(incident.services), incident.declared_at, at, most=6),
        similar=[one for one in similar_incidents(actor, incident.title, 4) if one.pk != incident.pk][:3],
    )


def may_here(actor: Actor, incident: Incident, handover: Handover | None) -> May:
    """What this actor may do in an incident, by the rules that the commands ask."""
    here = any(number == incident.pk for number, _ in actor.incident_roles)

    def has(right: Right, role: str | None = None) -> bool:
        return isinstance(decide(actor, right, incident=incident.pk, incident_role=role), Granted)

    works = here or has(Right.RESPOND)
    return May(
        command=has(Right.COMMAND_INCIDENT, COMMANDER),
        work=works,
        claim=works and incident.commander_id is None,
        take=works and handover is not None and handover.incoming_id == actor.id,
        publish=has(Right.PUBLISH_STATUS, roles.COMMUNICATIONS_LEAD),
        report=has(Right.REPORT),
    )


def entries(
    actor: Actor, incident: Incident, *, kind: str = "", before: int | None = None, limit: int = ENTRIES
) -> Entries:
    """The newest of the incident's timeline in words, or those before an event.

    `kind`: all, or decision, change, update, say.
    """
    steps = [known.name for known in kinds.every() if known.is_step]
    events = events_of_incident(incident.pk, actor).exclude(kind__in=[*_QUIET, *steps])
    wanted = _FILTERS.get(kind)
    if wanted is not None:
        events = events.filter(kind__in=wanted)
    if kind == "decision":
        events = events.exclude(kind="entry.said") | events_of_incident(incident.pk, actor).filter(
            kind="entry.said", payload__entry_kind="decision"
        )
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events.order_by("-id")[: limit + 1])
    shown = found[:limit]
    return Entries(told(reversed(shown), names_of), shown[-1].pk if len(found) > limit else None)


_FILTERS = {
    "decision": (*_ENTERING, "incident.severity_changed", "incident.commander_changed", "entry.said"),
    "update": ("update.posted", "page_update.posted"),
    "say": ("entry.said",),
    "task": ("task.added", "task.done", "task.cancelled", "tick.done"),
}


def _visits(actor: Actor, incident: Incident) -> list[tuple[Phase, datetime]]:
    found = [(Phase.TRIAGE, incident.declared_at)]
    events = Event.objects.filter(subject=incident.subject, kind__in=_ENTERING).order_by("id")
    for event in events:  # its own events: whoever sees the incident sees them
        found.append((Phase(event.payload["phase"]), event.at))
    return found


def _people(holding: dict[str, Holder]) -> dict[int, Person]:
    return Person.objects.in_bulk(list({person for holder in holding.values() for person in holder.people}))


def _role(role: str, holder: Holder, standard: Standard, people: dict[int, Person]) -> RoleLine:
    known = standard.roles.definitions.get(role)
    title = known.title if known is not None else role.replace("_", " ").capitalize()
    return RoleLine(role, title, tuple(people[pk] for pk in holder.people if pk in people), holder.how)


def _checklists(incident: Incident, standard: Standard, mine: tuple[str, ...]) -> tuple[ListView, ...]:
    """Those of my roles, then those of the phase."""
    phase = Phase(incident.phase)
    wanted = {
        name: one
        for name, one in standard.checklists.items()
        if one.role in mine or (one.role is None and one.phase is phase)
    }
    ticks = Tick.objects.select_related("done_by").filter(incident=incident, done_at__isnull=False)
    done = {(tick.checklist, tick.item): tick for tick in ticks}
    return tuple(
        ListView(
            name, one, tuple(Item(key, words, done.get((name, key))) for key, words in one.items.items())
        )
        for name, one in sorted(wanted.items(), key=lambda pair: pair[1].role is None)
    )
