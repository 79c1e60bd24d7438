"""`/incidents`: declare, read, command (design section 13). What is done in the room is in `api_work`."""

from datetime import datetime
from typing import Any, Literal

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.core.phases import AFTER, ASIDE, WORKING, Phase
from muster.core.severity import parse_severity
from muster.detect.queries import alert_of
from muster.evaluate import commands as evaluate
from muster.evaluate.commands import Declaration
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of, incidents
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Customer, Product, Service
from muster.foundation.catalog.queries import by_handle, ids_of
from muster.respond.warroom import commands
from muster.respond.warroom.commands import ImpactSaid
from muster.respond.warroom.queries import person_in_use, standard_of
from muster.respond.warroom.shown import shown_incident, shown_incidents

router = Router(tags=["incidents"])


class IncidentOut(Shown):
    """An incident. `roles` says who holds each role; the commander holds what was not given away."""

    id: str
    title: str
    summary: str
    severity: str
    phase: str
    commander: str | None
    roles: dict[str, list[str]]
    major: bool
    flags: list[str]
    drill: bool
    impact_started_at: datetime | None
    detected_at: datetime | None
    acknowledged_at: datetime | None
    declared_at: datetime
    mitigated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_update_due_at: datetime | None
    services: list[str]
    products: list[str]
    customers: list[str]
    standard: int
    alerts: list[str]
    merged_into: str | None


class IncidentPage(Shown):
    """Newest first."""

    items: list[IncidentOut]
    next: str | None


class IncidentQuery(Paging):
    """Which incidents: all unless `state` says open, resolved (and after) or aside (dismissed ...)."""

    state: Literal["", "open", "resolved", "aside"] = ""
    severity: str = Field("", max_length=20)
    service: str = Field("", max_length=100)
    q: str = Field("", max_length=200)


class DeclareIn(Body):
    """What somebody says when they declare; without a severity, impact and scope suggest it (R12)."""

    title: str = Field(max_length=200)
    service: str | None = None
    services: list[str] = Field(default_factory=list, max_length=100)
    severity: str = ""
    impact: Literal["", "complete", "degraded", "inconvenience"] = ""
    scope: Literal["", "widespread", "limited", "minimal"] = ""
    summary: str = ""
    alert: str | None = None
    products: list[str] = Field(default_factory=list, max_length=100)
    customers: list[str] = Field(default_factory=list, max_length=1000)
    flags: list[str] = Field(default_factory=list, max_length=20)
    threat: bool = False
    impact_started_at: AwareDatetime | None = None
    drill: bool = False


class WhyIn(Body):
    """A reason, where one is needed."""

    why: str = Field("", max_length=2000)


class HandoverIn(Body):
    """Who takes over (a handle), and the situation report."""

    to: str
    report: str = Field("", max_length=20_000)


class PhaseIn(WhyIn):
    """The phase to move to; a skip or a step back needs a reason."""

    phase: Phase


class SeverityIn(WhyIn):
    """The new level."""

    severity: str = Field(max_length=20)


class ImpactIn(Body):
    """What is affected; what is absent stays. Lists hold handles and are replaced whole."""

    title: str | None = Field(None, max_length=200)
    summary: str | None = None
    impact: Literal["complete", "degraded", "inconvenience"] | None = None
    scope: Literal["widespread", "limited", "minimal"] | None = None
    services: list[str] | None = None
    products: list[str] | None = None
    customers: list[str] | None = None
    threat: bool | None = None
    impact_started_at: AwareDatetime | None = None
    flags: list[str] | None = None


class RoleIn(Body):
    """A role and whom it is given to (a handle)."""

    role: str = Field(max_length=100)
    person: str


@router.get("/incidents", response=IncidentPage)
def list_incidents(request: Request, asked: Query[IncidentQuery]) -> dict[str, Any]:
    """The incidents that you may see, newest first."""
    actor = request.arrival.actor
    phases = {"open": WORKING, "resolved": AFTER, "aside": ASIDE}.get(asked.state, frozenset())
    rows = incidents(actor, phases=[phase.value for phase in phases])
    if asked.severity:
        rows = rows.filter(severity=asked.severity.upper())
    if asked.service:
        rows = rows.filter(services__contains=by_handle(Service, asked.service, actor=actor).pk)
    if asked.q:
        rows = rows.filter(title__icontains=asked.q)
    page = page_of(rows, asked, lambda row: row)
    return page | {"items": shown_incidents(page["items"], actor)}


@router.get("/incidents/{incident_id}", response=IncidentOut)
def show(request: Request, incident_id: str) -> dict[str, Any]:
    """One incident."""
    return answer(request, _found(request, incident_id).pk)


@router.post("/incidents", response={201: IncidentOut})
def declare(request: Request, given: DeclareIn) -> Status[dict[str, Any]]:
    """Declare an incident: anyone but an auditor may; a false alarm is better than a miss (R3)."""
    arrival = request.arrival
    named = [*([given.service] if given.service else []), *given.services]
    said = Declaration(
        title=given.title,
        services=tuple(ids_of(Service, named)),
        severity=parse_level(given.severity),
        impact=given.impact,
        scope=given.scope,
        summary=given.summary,
        alert=alert_of(arrival.actor, given.alert).pk if given.alert else None,
        products=tuple(ids_of(Product, given.products)),
        customers=tuple(ids_of(Customer, given.customers)),
        flags=tuple(given.flags),
        threat=given.threat,
        impact_started_at=given.impact_started_at,
        drill=given.drill,
        via="api",
    )
    row = evaluate.declare_incident(said, actor=arrival.actor, at=arrival.at)
    return Status(201, answer(request, row.pk))


@router.patch("/incidents/{incident_id}", response=IncidentOut)
def change(request: Request, incident_id: str, given: ImpactIn) -> dict[str, Any]:
    """Say what is affected, rename, or raise flags."""
    arrival, row = request.arrival, _found(request, incident_id)
    said = ImpactSaid(
        summary=given.summary,
        impact=given.impact,
        scope=given.scope,
        services=None if given.services is None else tuple(ids_of(Service, given.services)),
        products=None if given.products is None else tuple(ids_of(Product, given.products)),
        customers=None if given.customers is None else tuple(ids_of(Customer, given.customers)),
        threat=given.threat,
        impact_started_at=given.impact_started_at,
    )
    if said != ImpactSaid():
        commands.change_impact(row.pk, said, actor=arrival.actor, at=arrival.at)
    if given.title is not None:
        commands.rename_incident(row.pk, given.title, actor=arrival.actor, at=arrival.at)
    if given.flags is not None:
        commands.set_flags(row.pk, given.flags, actor=arrival.actor, at=arrival.at)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/claim", response=IncidentOut)
def claim(request: Request, incident_id: str) -> dict[str, Any]:
    """Take command while nobody has it."""
    row = _found(request, incident_id)
    commands.claim_command(row.pk, actor=request.arrival.actor, at=request.arrival.at)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/handover", response=IncidentOut)
def handover(request: Request, incident_id: str, given: HandoverIn) -> dict[str, Any]:
    """Offer command to somebody, with the situation report; it stays until they say that they have it."""
    row, arrival = _found(request, incident_id), request.arrival
    to = person_in_use(given.to).pk
    commands.offer_command(row.pk, to, actor=arrival.actor, at=arrival.at, report=given.report)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/handover/take", response=IncidentOut)
def take(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """Say that you have command now. A step left out or a short shadow needs a reason."""
    row = _found(request, incident_id)
    commands.take_command(row.pk, actor=request.arrival.actor, at=request.arrival.at, why=given.why)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/handover/cancel", response=IncidentOut)
def cancel_handover(request: Request, incident_id: str) -> dict[str, Any]:
    """End a handover without effect."""
    row = _found(request, incident_id)
    commands.cancel_handover(row.pk, actor=request.arrival.actor, at=request.arrival.at)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/phase", response=IncidentOut)
def phase(request: Request, incident_id: str, given: PhaseIn) -> dict[str, Any]:
    """Move to another phase before resolved."""
    row, arrival = _found(request, incident_id), request.arrival
    commands.move_phase(row.pk, given.phase, actor=arrival.actor, at=arrival.at, why=given.why)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/severity", response=IncidentOut)
def severity(request: Request, incident_id: str, given: SeverityIn) -> dict[str, Any]:
    """Change the severity, within the Standard's version that the incident is bound to."""
    row, arrival = _found(request, incident_id), request.arrival
    level = parse_severity(given.severity, standard_of(row))
    evaluate.change_severity(row.pk, level, actor=arrival.actor, at=arrival.at, why=given.why)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/roles", response=IncidentOut)
def assign(request: Request, incident_id: str, given: RoleIn) -> dict[str, Any]:
    """Give somebody a role."""
    row, arrival = _found(request, incident_id), request.arrival
    person = person_in_use(given.person).pk
    commands.assign_role(row.pk, given.role, person, actor=arrival.actor, at=arrival.at)
    return answer(request, row.pk)


@router.delete("/incidents/{incident_id}/roles/{role}/{handle}", response=IncidentOut)
def release(request: Request, incident_id: str, role: str, handle: str) -> dict[str, Any]:
    """Take a role back: it falls to the commander."""
    row, arrival = _found(request, incident_id), request.arrival
    person = person_in_use(handle).pk
    commands.release_role(row.pk, role, person, actor=arrival.actor, at=arrival.at)
    return answer(request, row.pk)


def answer(request: Request, incident_pk: int) -> dict[str, Any]:
    """An incident as it stands after a command."""
    actor = request.arrival.actor
    return shown_incident(incident_of(actor, incident_pk), actor)


def parse_level(text: str) -> str:
    """`sev 2` and `2` as `SEV2`; what is no level is left for the command to refuse."""
    name = "".join(text.split()).upper()
    return f"SEV{name}" if name.isdigit() else name


def _found(request: Request, incident_id: str) -> Incident:
    return incident_of(request.arrival.actor, incident_id)
