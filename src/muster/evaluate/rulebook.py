"""What evaluation looks at, read from the rows and kept until one of them changes (design section 6).

Reading every service, route and silence for each alert costs far more than deciding. So what was read is kept
in this process, beside a stamp of the rows it was made from; the stamp is read anew for every batch. Nothing
can be stale by it: a row that changes names another event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from muster.core.calendar import Calendar
from muster.core.evaluation import Rules
from muster.core.matchers import AlertView, matchers_from_json
from muster.core.phases import WORKING
from muster.core.routing import Route as RouteFacts
from muster.core.routing import ServiceFacts
from muster.core.silence import Silence as SilenceFacts
from muster.core.urgency import Urgency, UrgencySetting
from muster.detect.models import Alert, Integration
from muster.evaluate.models import Incident, Route, Rule, Silence
from muster.evaluate.rule_rows import HORIZON, read_rules
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
        (SELECT sum(hashint8extended(last_event_id, 1)) FROM evaluate_rule
         WHERE retired_at IS NULL AND (ends_at IS NULL OR ends_at > %s)),
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
    `integrations` handle and home service by number. Good for any instant from `since` to `until`. `standing`
    are the services on which one stands that is held while they are down.
    """

    since: datetime
    until: datetime
    rules: Rules
    services: dict[str, int]
    homes: dict[int, str]
    integrations: dict[int, tuple[str, int]]
    standing: frozenset[int] = field(default_factory=frozenset)

    def view(self, alert: Alert, *, paged: bool = False) -> AlertView:
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
            opened_at=alert.opened_at,
            count=alert.count,
            paged=paged,
        )


_kept: tuple[tuple[Any, ...], Rulebook] | None = None


def rulebook(at: datetime) -> Rulebook:
    """Everything that evaluation looks at, as it stands now (engine side)."""
    global _kept
    with prepared_cursor() as cursor:
        cursor.execute(_STAMP, [at, at, _WORKING])
        stamp = cursor.fetchone()
    kept = _kept
    if kept is None or kept[0] != stamp or not kept[1].since <= at < kept[1].until:
        kept = _kept = (stamp, read_rulebook(at))
    return kept[1]


def last_rulebook(at: datetime) -> Rulebook:
    """The rules as this process read them last, for what follows at once (engine side)."""
    kept = _kept
    return kept[1] if kept is not None else rulebook(at)


def read_rulebook(at: datetime, draft: Rule | None = None, since: datetime | None = None) -> Rulebook:
    """The rules as they stand now, and a draft that nobody has saved, in the place of the row that it changes
    (engine side). With `since`, recurring times are spelled out from then on."""
    rows = list(Service.objects.all())
    services = {row.pk: row for row in rows if row.retired_at is None}
    by_hours = {row.team_id for row in services.values() if row.urgency == UrgencySetting.BY_HOURS}
    hours = working_hours(by_hours, at)
    ruled = read_rules(_rules_in_force(at, draft), services, since or at, at + HORIZON)
    rules = Rules(
        services={row.handle: _service_facts(row, services, hours) for row in services.values()},
        events=ruled.events,
        routes=[
            _route_facts(row)
            for row in Route.objects.filter(retired_at__isnull=True).order_by("position", "id")
        ],
        silences=[silence_facts(row) for row in _active_silences(at)],
        maintenances=ruled.maintenances,
        inhibitions=ruled.inhibitions,
        waits=ruled.waits,
        groups=ruled.groups,
        down=_down(services),
    )
    ways_in = Integration.objects.values_list("id", "handle", "service_id")
    return Rulebook(
        since=at,
        until=at + HORIZON,
        rules=rules,
        services={row.handle: row.pk for row in services.values()},
        homes={row.pk: row.handle for row in rows},
        integrations={id_: (handle, service_id) for id_, handle, service_id in ways_in},
        standing=_standing(services),
    )


def _rules_in_force(at: datetime, draft: Rule | None) -> list[Rule]:
    """The rules that are not over, in their order, with a draft in its place (engine side)."""
    rows = Rule.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), retired_at__isnull=True)
    found = list(rows.order_by("position", "id"))
    if draft is None:
        return found
    found = [row for row in found if row.pk != draft.pk]
    return sorted([*found, draft], key=lambda row: row.position)


def _standing(services: dict[int, Service]) -> frozenset[int]:
    """Everything on which a service stands that is held while it is down."""
    found: set[int] = set()
    waiting = [id_ for row in services.values() if row.hold_when_dependency_down for id_ in row.depends_on]
    while waiting:
        id_ = waiting.pop()
        if id_ in services and id_ not in found:
            found.add(id_)
            waiting.extend(services[id_].depends_on)
    return frozenset(found)


def _service_facts(
    row: Service, services: dict[int, Service], hours: Mapping[int | None, Calendar]
) -> ServiceFacts:
    below = tuple(services[id_].handle for id_ in row.depends_on if id_ in services)
    setting = UrgencySetting(row.urgency)
    own = hours[row.team_id] if setting is UrgencySetting.BY_HOURS else None
    return ServiceFacts(row.handle, row.policy, setting, below, row.hold_when_dependency_down, own)


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
