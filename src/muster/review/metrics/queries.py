"""What happened in a period, measured: only what the reader may see, drills left out (R58; design 9).

Every figure keeps the incidents behind it. Incidents that were dismissed or merged did not happen twice, so
they do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from muster.core.metrics import Figure, IncidentTimes, Report, figure, report
from muster.core.permissions import Actor
from muster.core.phases import Phase
from muster.core.standard import Metrics
from muster.evaluate.models import Incident
from muster.foundation.catalog.models import Service, Team
from muster.foundation.standard.queries import in_force
from muster.review.metrics.periods import Period, weeks
from muster.review.postmortem.times import times_of

_NO_INCIDENT = (Phase.DISMISSED.value, Phase.MERGED.value)


@dataclass(frozen=True, slots=True)
class Measured:
    """A period's report, the incidents in it by number, and the figures of the stretch before it."""

    period: Period
    rules: Metrics
    report: Report
    incidents: Mapping[int, Incident]
    times: Sequence[IncidentTimes]
    before: Mapping[str, Figure]


def counted(actor: Actor, start: datetime, end: datetime, team: Team | None = None) -> QuerySet[Incident]:
    """The incidents declared in [start, end) that this actor may see and that count, oldest first.

    With a team, those that touch one of its services.
    """
    rows = Incident.objects.visible_to(actor).select_related("commander")
    rows = rows.filter(declared_at__gte=start, declared_at__lt=end, drill=False)
    rows = rows.exclude(phase__in=_NO_INCIDENT)
    if team is not None:
        owned = Service.objects.visible_to(actor).filter(team=team).values_list("id", flat=True)
        touching = [
            pk for pk, services in rows.values_list("id", "services") if not set(owned).isdisjoint(services)
        ]
        rows = rows.filter(pk__in=touching)
    return rows.order_by("declared_at", "id")


def measured(actor: Actor, period: Period, team: Team | None = None) -> Measured:
    """Measure a period by the Standard in force; by the default before the first one is published."""
    rules = in_force().metrics
    rows = list(counted(actor, period.start, period.end, team))
    times = times_of(rows)
    earlier = times_of(counted(actor, *period.before, team))
    return Measured(
        period=period,
        rules=rules,
        report=report(rules, times),
        incidents={row.pk: row for row in rows},
        times=times,
        before={name: figure(name, rules, earlier) for name in rules.definitions},
    )


def by_week(found: Measured, name: str, *, at: datetime, timezone: str) -> list[tuple[datetime, Figure]]:
    """One metric for each week of the period in which it has a figure, by the week's first day."""
    declared = {row.pk: row.declared_at for row in found.incidents.values()}
    answers = []
    for start, end in weeks(found.period, at=at, timezone=timezone):
        within = [one for one in found.times if start <= declared[one.id] < end]
        answer = figure(name, found.rules, within)
        if answer.chosen is not None:
            answers.append((start, answer))
    return answers
