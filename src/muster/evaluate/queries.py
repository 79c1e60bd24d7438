"""Reads of decisions, groups, silences and incidents."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from muster.core import grouping
from muster.core.evaluation import Rules
from muster.core.lifecycle import AlertState
from muster.core.matchers import AlertView, matchers_from_json
from muster.core.permissions import Actor
from muster.core.phases import WORKING
from muster.core.refusal import Refused
from muster.core.routing import Route as RouteFacts
from muster.core.routing import ServiceFacts
from muster.core.silence import Silence as SilenceFacts
from muster.core.urgency import Urgency, UrgencySetting
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Decision, Incident, Route, Silence
from muster.evaluate.reasons import Evaluate
from muster.foundation.catalog.models import Service

RowT = TypeVar("RowT", AlertGroup, Incident)


def view_of(alert: Alert) -> AlertView:
    """An alert as rules see it; its service is the home service of its integration."""
    integration = alert.integration
    return AlertView(
        id=alert.pk,
        service=integration.service.handle if integration is not None else alert.service.handle,
        severity=alert.severity,
        summary=alert.summary,
        integration=integration.handle if integration is not None else "",
        source=alert.source,
        component=alert.component,
        labels=alert.labels,
        group_key=alert.group_key,
    )


def rules(at: datetime) -> Rules:
    """Everything that evaluation looks at, as it stands now."""
    services = {row.pk: row for row in Service.objects.filter(retired_at__isnull=True)}
    return Rules(
        services={row.handle: _service_facts(row, services) for row in services.values()},
        routes=[
            _route_facts(row)
            for row in Route.objects.filter(retired_at__isnull=True).order_by("position", "id")
        ],
        silences=[silence_facts(row) for row in active_silences(at)],
        down=_down(services),
    )


def _service_facts(row: Service, services: dict[int, Service]) -> ServiceFacts:
    below = tuple(services[id_].handle for id_ in row.depends_on if id_ in services)
    return ServiceFacts(row.handle, row.policy, UrgencySetting(row.urgency), below)


def _route_facts(row: Route) -> RouteFacts:
    return RouteFacts(
        name=row.handle,
        matchers=matchers_from_json(row.matchers),
        service=row.service.handle if row.service is not None else "",
        policy=row.policy,
        urgency=Urgency(row.urgency) if row.urgency else None,
        declare=row.declare,
    )


def silence_facts(row: Silence) -> SilenceFacts:
    """A silence as the rules see it."""
    return SilenceFacts(
        id=row.pk,
        matchers=matchers_from_json(row.matchers),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        author=row.made_by.handle,
        why=row.why,
        ended_at=row.ended_at,
    )


def active_silences(at: datetime) -> list[Silence]:
    """The silences that are not over (engine side: evaluation needs them all)."""
    rows = Silence.objects.select_related("made_by").filter(ended_at__isnull=True, ends_at__gt=at)
    return list(rows.order_by("id"))


def _down(services: dict[int, Service]) -> dict[str, str]:
    """Services known to be down: those of incidents that people still work on."""
    found: dict[str, str] = {}
    for incident in Incident.objects.filter(phase__in=[phase.value for phase in WORKING], drill=False):
        for service_id in incident.services:
            if service_id in services:
                found[services[service_id].handle] = incident.public_id
    return found


def service_id(handle: str) -> int | None:
    """The number of a service in use."""
    return Service.objects.filter(handle=handle).values_list("id", flat=True).first()


def facts_of(alerts: Iterable[Alert]) -> list[grouping.Member]:
    """Alerts as members of their group."""
    return [grouping.Member(AlertState(row.state), row.suppressed_by is not None) for row in alerts]


def member_facts(group_id: int) -> list[grouping.Member]:
    """The members of a group as the rules see them (engine side)."""
    return facts_of(Alert.objects.filter(decision__group_id=group_id))


def open_member_ids(group_id: int) -> list[int]:
    """The alerts of a group that are not resolved, in id order (engine side)."""
    rows = Alert.objects.filter(decision__group_id=group_id).exclude(state=AlertState.RESOLVED)
    return list(rows.order_by("id").values_list("id", flat=True))


def is_wanted(group_id: int) -> bool:
    """Whether anybody is still to be paged for a group: see `core.grouping.is_wanted` (engine side)."""
    return grouping.is_wanted(member_facts(group_id))


def groups(actor: Actor) -> QuerySet[AlertGroup]:
    """The groups this actor may see, newest first."""
    return AlertGroup.objects.visible_to(actor).select_related("service", "acknowledged_by").order_by("-id")


def group_of(actor: Actor, public_id: str) -> AlertGroup:
    """Return a group by `GRP-7` or `7`. Raises `Refused` when there is none for this actor."""
    return _numbered(groups(actor), public_id, "GRP-", Evaluate.GROUP_NOT_FOUND)


def members_of(actor: Actor, group: AlertGroup) -> list[Alert]:
    """The alerts of a group that this actor may see, oldest first."""
    return list(
        Alert.objects.visible_to(actor).filter(decision__group=group).select_related("service").order_by("id")
    )


def decision_of(alert: Alert) -> Decision | None:
    """What was decided about an alert that the caller may see; None while it waits for the worker."""
    return Decision.objects.select_related("group__incident").filter(alert=alert).first()


def incidents(actor: Actor, *, open_only: bool = False, phases: Sequence[str] = ()) -> QuerySet[Incident]:
    """The incidents this actor may see, newest first."""
    rows = Incident.objects.visible_to(actor).select_related("commander", "standard", "declared_by")
    if open_only:
        rows = rows.filter(phase__in=[phase.value for phase in WORKING])
    if phases:
        rows = rows.filter(phase__in=list(phases))
    return rows.order_by("-id")


def incident_of(actor: Actor, public_id: str | int) -> Incident:
    """Return an incident by `INC-7` or `7`.

    Raises:
        Refused: there is none, or it is not this actor's to see: the same answer.
    """
    return _numbered(incidents(actor), str(public_id), "INC-", Evaluate.INCIDENT_NOT_FOUND)


def _numbered(rows: QuerySet[RowT], public_id: str, prefix: str, reason: Evaluate) -> RowT:
    number = public_id.upper().removeprefix(prefix)
    found = rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise Refused(reason, {"id": public_id})
    return found


def silences(actor: Actor) -> QuerySet[Silence]:
    """Every silence, the latest end first."""
    return Silence.objects.visible_to(actor).select_related("made_by").order_by("-ends_at", "-id")


def silence_of(actor: Actor, silence_id: int) -> Silence:
    """Return a silence by its number. Raises `Refused` when there is none for this actor."""
    found = silences(actor).filter(pk=silence_id).first()
    if found is None:
        raise Refused(Evaluate.SILENCE_NOT_FOUND)
    return found


def routes(actor: Actor) -> QuerySet[Route]:
    """The routes in use, in order."""
    return Route.objects.visible_to(actor).filter(retired_at__isnull=True).order_by("position", "id")


def similar_incidents(actor: Actor, words: str, limit: int = 5) -> list[Incident]:
    """Past incidents whose title or summary is like these words (PostgreSQL full text), best first."""
    if not words.strip():
        return []
    found = incidents(actor).extra(
        where=["to_tsvector('simple', title || ' ' || summary) @@ websearch_to_tsquery('simple', %s)"],
        params=[" or ".join(words.split()[:12])],
    )
    return list(found[:limit])
