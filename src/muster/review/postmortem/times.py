"""The instants of incidents that clocks count between, gathered from every stage (R58; design section 9).

Engine side: the caller has made sure that these incidents may be seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Min

from muster.core.metrics import IncidentTimes
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.catalog.models import Service
from muster.mobilize.paging.models import Call, Page
from muster.review.postmortem.models import Postmortem


def times_of(incidents: Iterable[Incident]) -> list[IncidentTimes]:
    """The instants of these incidents, in their order; five queries whatever their number.

    An incident counts as acknowledged when the first person answered for it or for its alerts.
    """
    rows = list(incidents)
    ids = [row.pk for row in rows]
    groups = list(AlertGroup.objects.filter(incident_id__in=ids))
    alerted, paged = _first_alerts(ids), _first_pages(ids, groups)
    handles = dict(Service.objects.values_list("id", "handle"))
    causes = dict(Postmortem.objects.filter(incident_id__in=ids).values_list("incident_id", "cause"))
    answered = _earliest((group.incident_id, group.acknowledged_at) for group in groups)
    return [
        IncidentTimes(
            id=row.pk,
            severity=row.severity,
            services=tuple(handles[id_] for id_ in row.services if id_ in handles),
            is_drill=row.drill,
            impact_started_at=row.impact_started_at,
            detected_at=row.detected_at,
            first_alert_at=alerted.get(row.pk),
            first_page_at=paged.get(row.pk),
            acknowledged_at=_min(row.acknowledged_at, answered.get(row.pk)),
            declared_at=row.declared_at,
            mitigated_at=row.mitigated_at,
            resolved_at=row.resolved_at,
            cause=causes.get(row.pk, ""),
        )
        for row in rows
    ]


def _first_alerts(ids: Sequence[int]) -> dict[int, datetime]:
    found = Alert.objects.filter(decision__group__incident_id__in=ids)
    first = found.values("decision__group__incident_id").annotate(at=Min("opened_at"))
    return {row["decision__group__incident_id"]: row["at"] for row in first}


def _first_pages(ids: Sequence[int], groups: Sequence[AlertGroup]) -> Mapping[int, datetime]:
    """Pages of the incident's own calls, and of the groups that belong to it."""
    calls = Call.objects.filter(incident_id__in=ids).values_list("id", "incident_id")
    owner: dict[str, int | None] = {f"call:{call}": incident for call, incident in calls}
    owner |= {group.subject: group.incident_id for group in groups}
    first = Page.objects.filter(about__in=list(owner)).values("about").annotate(at=Min("started_at"))
    return _earliest((owner[row["about"]], row["at"]) for row in first)


def _earliest(pairs: Iterable[tuple[int | None, datetime | None]]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for key, at in pairs:
        if key is not None and at is not None:
            found[key] = min(at, found.get(key, at))
    return found


def _min(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
