"""What evaluation looks at, read from the rows and kept until one of them changes (design section 6).

Reading every service, route and silence for each alert costs far more than deciding. So what was read is kept
in this process, beside a stamp of the rows it was made from; the stamp is read anew for every batch. Nothing
can be stale by it: a row that changes names another event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core.calendar import Calendar
from muster.core.evaluation import Rules
from muster.core.matchers import AlertView, matchers_from_json
from muster.core.phases import WORKING
from muster.core.routing import Route as RouteFacts
from muster.core.routing import ServiceFacts
from muster.core.silence import Silence as SilenceFacts
from muster.core.urgency import Urgency, UrgencySetting
from muster.detect.models import Alert, Integration
from muster.evaluate.models import Incident, Route, Silence
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import working_hours
from muster.foundation.timeline.prepared import prepared_cursor

_WORKING = sorted(phase.value for phase in WORKING)

# One number for the rows of each table that count: it changes with every row that comes, changes or goes.
_STAMP = """
    SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM catalog_service),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM detect_integration),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM evaluate_route),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM catalog_team),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM access_organisation),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM evaluate_silence
         WHERE ended_at IS NULL AND ends_at > %s),
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM evaluate_incident
         WHERE phase = ANY(%s) AND NOT drill)
"""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules as they stand, and the names by which they know services and integrations.

    `services` are the numbers of services in use by handle, `homes` the handles of all of them by number,
    `integrations` handle and home service by number. Good for any instant from `since` on.
    """

    since: datetime
    rules: Rules
    services: dict[str, int]
    homes: dict[int, str]
    integrations: dict[int, tuple[str, int]]

    def view(self, alert: Alert) -> AlertView:
        """An alert as the rules see it; its service is the home service of its integration."""
        integration, home = self.integrations.get(alert.integration_id or 0, ("", alert.service_id))
        return AlertView(
            id=alert.pk,
            service=self.homes[home],
            severity=alert.severity,
            summary=alert.summary,
            integration=integration,
            source=alert.source,
            component=alert.component,
            labels=alert.labels,
            group_key=alert.group_key,
        )


_kept: tuple[tuple[Any, ...], Rulebook] | None = None


def rulebook(at: datetime) -> Rulebook:
    """Everything that evaluation looks at, as it stands now (engine side)."""
    global _kept
    with prepared_cursor() as cursor:
        cursor.execute(_STAMP, [at, _WORKING])
        stamp = cursor.fetchone()
    kept = _kept
    if kept is None or kept[0] != stamp or at < kept[1].since:
        kept = _kept = (stamp, _read(at))
    return kept[1]


def _read(at: datetime) -> Rulebook:
    rows = list(Service.objects.all())
    services = {row.pk: row for row in rows if row.retired_at is None}
    by_hours = {row.team_id for row in services.values() if row.urgency == UrgencySetting.BY_HOURS}
    hours = working_hours(by_hours, at)
    rules = Rules(
        services={row.handle: _service_facts(row, services, hours) for row in services.values()},
        routes=[
            _route_facts(row)
            for row in Route.objects.filter(retired_at__isnull=True).order_by("position", "id")
        ],
        silences=[silence_facts(row) for row in _active_silences(at)],
        down=_down(services),
    )
    ways_in = Integration.objects.values_list("id", "handle", "service_id")
    return Rulebook(
        since=at,
        rules=rules,
        services={row.handle: row.pk for row in services.values()},
        homes={row.pk: row.handle for row in rows},
        integrations={id_: (handle, service_id) for id_, handle, service_id in ways_in},
    )


def _service_facts(
    row: Service, services: dict[int, Service], hours: Mapping[int | None, Calendar]
) -> ServiceFacts:
    below = tuple(services[id_].handle for id_ in row.depends_on if id_ in services)
    setting = UrgencySetting(row.urgency)
    own = hours[row.team_id] if setting is UrgencySetting.BY_HOURS else None
    return ServiceFacts(row.handle, row.policy, setting, below, hours=own)


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


def _active_silences(at: datetime) -> list[Silence]:
    """The silences that are not over (engine side: evaluation needs them all)."""
    rows = Silence.objects.select_related("made_by").filter(ended_at__isnull=True, ends_at__gt=at)
    return list(rows.order_by("id"))


def _down(services: dict[int, Service]) -> dict[str, str]:
    """Services known to be down: those of incidents that people still work on (engine side)."""
    found: dict[str, str] = {}
    for incident in Incident.objects.filter(phase__in=_WORKING, drill=False).order_by("id"):
        for service_id in incident.services:
            if service_id in services:
                found[services[service_id].handle] = incident.public_id
    return found
