"""Reads of restore: how the gate stands, and the incident's clocks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from muster.core.gate import CloseFacts, GateCheck, GateFacts, GateItem, closing, gate
from muster.core.lifecycle import AlertState
from muster.core.metrics import IncidentTimes, elapsed
from muster.core.obligations import Kind, State
from muster.core.permissions import Actor, Denied, Right, decide
from muster.core.phases import ClosedBy
from muster.core.standard import Point, PostmortemRule
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.foundation.obligations.queries import owed_in, owed_on
from muster.respond.statuspage import queries as pages
from muster.respond.warroom import queries as room
from muster.restore.models import GateTick

_POSTMORTEM = (Kind.POSTMORTEM_DRAFT_BY, Kind.POSTMORTEM_DONE_BY, Kind.POSTMORTEM_MEETING_BY)


def ticks_of(incident_id: int) -> list[GateTick]:
    """What was stated at the gate (engine side: of an incident that the caller was shown)."""
    rows = GateTick.objects.select_related("said_by").filter(incident_id=incident_id)
    return list(rows.filter(said_at__isnull=False).order_by("id"))


def open_alerts(incident_id: int) -> list[Alert]:
    """The linked alerts that are not resolved, in order.

    Read on the engine side: the gate counts them all, whoever tries it.
    """
    rows = Alert.objects.select_related("service").filter(decision__group__incident_id=incident_id)
    return list(rows.exclude(state=AlertState.RESOLVED).order_by("id"))


def gate_facts(incident: Incident, *, open_alerts_reason: str = "") -> GateFacts:
    """What the rows say about the gate of this incident (engine side)."""
    said = {tick.check_name for tick in ticks_of(incident.pk)}
    linked = Alert.objects.filter(decision__group__incident_id=incident.pk)
    level = room.standard_of(incident).severity(incident.severity)
    scheduled = owed_on(room.scope_of(incident.pk), _POSTMORTEM).exists()
    return GateFacts(
        system_stable=GateCheck.SYSTEM_STABLE in said,
        impact_ceased=GateCheck.IMPACT_CEASED in said or incident.mitigated_at is not None,
        metrics_confirm=GateCheck.METRICS_CONFIRM in said,
        linked_alerts=linked.count(),
        open_alerts=linked.filter(~Q(state=AlertState.RESOLVED)).count(),
        open_alerts_reason=open_alerts_reason,
        is_public=pages.is_public(incident),
        customers_told=GateCheck.CUSTOMERS_TOLD in said or _told(incident),
        timeline_documented=GateCheck.TIMELINE_DOCUMENTED in said or room.is_documented(incident.pk),
        postmortem_required=level.postmortem is PostmortemRule.REQUIRED,
        postmortem_scheduled=GateCheck.POSTMORTEM_SCHEDULED in said or scheduled,
    )


def _told(incident: Incident) -> bool:
    since = incident.mitigated_at
    if since is None:
        return False
    posts = pages.posts_of(incident.pk)
    return room.customers_told_since(incident.pk, since) or any(post.posted_at >= since for post in posts)


def gate_of(incident: Incident, *, open_alerts_reason: str = "") -> tuple[GateItem, ...]:
    """Every check of the incident's Standard, in order, with its answer (the caller may see the incident)."""
    checks = room.standard_of(incident).resolution.gate
    return gate(gate_facts(incident, open_alerts_reason=open_alerts_reason), checks)


def closing_of(incident: Incident) -> tuple[GateItem, ...]:
    """What must be done before this incident is closed, read from what is owed (R53)."""
    standard = room.standard_of(incident)
    rows = list(owed_on(room.scope_of(incident.pk), _POSTMORTEM))
    items = list(owed_in(incident.pk, [Kind.ACTION_ITEM_BY]))
    level = standard.severity(incident.severity)
    states = {(row.kind, row.state) for row in rows}
    facts = CloseFacts(
        postmortem_required=bool(rows) or level.postmortem is PostmortemRule.REQUIRED,
        postmortem_waived=(Kind.POSTMORTEM_DONE_BY, State.WAIVED) in states,
        draft_handed_in=(Kind.POSTMORTEM_DRAFT_BY, State.MET) in states,
        postmortem_done=(Kind.POSTMORTEM_DONE_BY, State.MET) in states,
        meeting_held=(Kind.POSTMORTEM_MEETING_BY, State.MET) in states,
        action_items=len(items),
        action_items_open=sum(row.state in (State.ARMED, State.BREACHED) for row in items),
    )
    return closing(facts, standard.resolution.close_requires)


def word_of(incident: Incident, actor: Actor) -> ClosedBy:
    """On whose word this actor would resolve an incident."""
    if actor.id is not None and actor.id == incident.commander_id:
        return ClosedBy.COMMANDER
    may = not isinstance(decide(actor, Right.COMMAND_INCIDENT), Denied)
    return ClosedBy.ON_BEHALF if may else ClosedBy.NOBODY


@dataclass(frozen=True, slots=True)
class IncidentClock:
    """One of the Standard's measures for one incident; `length` is None while it runs or cannot be known."""

    name: str
    title: str
    start: datetime | None
    stop: datetime | None
    length: timedelta | None
    target_below: timedelta | None


def incident_clocks(incident: Incident) -> list[IncidentClock]:
    """Time to detect, acknowledge, mitigate and resolve, by the Standard's start and stop points (R58)."""
    times = times_of(incident)
    definitions = room.standard_of(incident).metrics.definitions
    return [
        IncidentClock(
            name=name,
            title=metric.title,
            start=times.at(metric.start),
            stop=times.at(metric.stop),
            length=elapsed(times, metric.start, metric.stop),
            target_below=metric.target_below,
        )
        for name, metric in definitions.items()
        if metric.stop is not Point.NEXT_IMPACT_START_SAME_SERVICE
    ]


def times_of(incident: Incident) -> IncidentTimes:
    """The instants of an incident, as metrics read them; the first alert counts as its first page."""
    return IncidentTimes(
        id=incident.pk,
        severity=incident.severity,
        is_drill=incident.drill,
        impact_started_at=incident.impact_started_at,
        detected_at=incident.detected_at,
        first_alert_at=incident.detected_at,
        acknowledged_at=incident.acknowledged_at,
        declared_at=incident.declared_at,
        mitigated_at=incident.mitigated_at,
        resolved_at=incident.resolved_at,
    )
