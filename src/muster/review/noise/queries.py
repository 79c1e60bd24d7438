"""What fired in a period, whom it woke and what people said of it: only what the reader may see (R43)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Min, Q

from muster.core.intake import META_SCOPE
from muster.core.matchers import AlertView
from muster.core.nights import night_of
from muster.core.noise import Feedback, Firing, Interruption
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.detect.models import Alert
from muster.evaluate.models import AlertFeedback, Decision
from muster.evaluate.queries import incidents
from muster.foundation.timeline.audiences import visible_events
from muster.mobilize.paging.models import Page

MOST = 10_000
"""So many alerts at most are looked at, the newest: about a second."""

_COLUMNS = (
    *("id", "service__handle", "integration__handle", "severity", "summary", "source", "component", "labels"),
    *("dedup_key", "opened_at", "resolved_at", "resolved_by", "acknowledged_by_id", "count", "last_seen_at"),
    *("decision__group_id", "decision__group__incident_id", "decision__urgency", "decision__changed"),
)
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fired:
    """One alert: as rules see it, under which key it came, and what became of it.

    `view` has the service to which it was routed.
    """

    view: AlertView
    key: str
    firing: Firing


@dataclass(frozen=True, slots=True)
class Looked:
    """The alerts of a stretch of time, newest first; `is_whole`: none was left out for their number."""

    fired: list[Fired]
    is_whole: bool

    def is_whole_from(self, start: datetime) -> bool:
        """Whether none that opened since then was left out: the newest are looked at."""
        return self.is_whole or self.fired[-1].firing.opened_at < start


@dataclass(frozen=True, slots=True)
class Sought:
    """The alerts opened in [start, end), perhaps of one integration only."""

    start: datetime
    end: datetime
    integration: str = ""

    @property
    def condition(self) -> Q:
        """The same for the database."""
        opened = Q(opened_at__gte=self.start, opened_at__lt=self.end)
        return opened & Q(integration__handle=self.integration) if self.integration else opened

    def has(self, one: Fired) -> bool:
        """Whether an alert is among them."""
        opened_at, integration = one.firing.opened_at, one.view.integration
        return self.start <= opened_at < self.end and self.integration in ("", integration)


def fired(
    actor: Actor,
    start: datetime,
    end: datetime,
    *,
    services: Collection[int] | None = None,
    most: int = MOST,
) -> Looked:
    """The alerts opened in [start, end) that the actor may see; Muster's own are left out."""
    return fired_in(actor, [Sought(start, end)], services=services, most=most)


def fired_in(
    actor: Actor, sought: Sequence[Sought], *, services: Collection[int] | None = None, most: int = MOST
) -> Looked:
    """The same of several stretches, at least one: each alert is read once, in however many it is."""
    wanted = reduce(or_, (one.condition for one in sought))
    rows = Alert.objects.visible_to(actor).filter(wanted).exclude(dedup_scope=META_SCOPE)
    if services is not None:
        rows = rows.filter(service_id__in=services)
    found = list(rows.order_by("-id").values(*_COLUMNS)[: most + 1])
    shown = found[:most]
    ids = [row["id"] for row in shown]
    since = min(one.start for one in sought)
    said, woken, given_away = _said(actor, ids), _woken(actor, shown), _given_away(actor, since)
    rooms = _incidents(actor, shown)
    return Looked(
        [
            Fired(
                _view(row),
                row["dedup_key"],
                _firing(row, given_away, rooms, woken.get(row["id"], ()), said.get(row["id"], ())),
            )
            for row in shown
        ],
        is_whole=len(found) <= most,
    )


def _view(row: _Row) -> AlertView:
    changed: Mapping[str, Any] = row["decision__changed"] or {}
    return AlertView(
        id=row["id"],
        service=row["service__handle"],
        severity=changed.get("severity", row["severity"]),
        summary=changed.get("summary", row["summary"]),
        integration=row["integration__handle"] or "",
        source=row["source"],
        component=row["component"],
        labels=row["labels"] | changed.get("labels", {}),
        opened_at=row["opened_at"],
        count=row["count"],
    )


def _firing(
    row: _Row,
    given_away: Collection[int],
    rooms: Collection[int],
    woken: tuple[Interruption, ...],
    said: tuple[tuple[Feedback, str], ...],
) -> Firing:
    by_person = row["resolved_by"].startswith("person:")
    return Firing(
        alert=row["id"],
        opened_at=row["opened_at"],
        closed_at=row["resolved_at"],
        closed_by_sender=row["resolved_at"] is not None and not by_person,
        acknowledged=row["acknowledged_by_id"] is not None,
        acted=by_person or row["decision__group_id"] in given_away,
        incident=row["decision__group__incident_id"] in rooms,
        group=row["decision__group_id"],
        urgent=row["decision__urgency"] == Urgency.HIGH,
        count=row["count"],
        last_seen_at=row["last_seen_at"],
        interruptions=woken,
        said=said,
        key=row["dedup_key"],
    )


def _said(actor: Actor, ids: Iterable[int]) -> dict[int, tuple[tuple[Feedback, str], ...]]:
    rows = AlertFeedback.objects.visible_to(actor).filter(alert_id__in=ids).exclude(said="")
    columns = ("alert_id", "said", "target__handle", "target__retired_at")
    found: dict[int, tuple[tuple[Feedback, str], ...]] = {}
    for alert_id, said, service, retired_at in rows.order_by("id").values_list(*columns):
        named = service if service and retired_at is None else ""
        found[alert_id] = (*found.get(alert_id, ()), (Feedback(said), named))
    return found


def _woken(actor: Actor, rows: Sequence[_Row]) -> dict[int, tuple[Interruption, ...]]:
    """The pages that reached somebody, by the alert that began the group which they were about."""
    begun = _begun(actor, rows)
    pages = Page.objects.visible_to(actor).filter(
        about__in=list(begun), deliveries__accepted_at__isnull=False
    )
    sent = pages.values_list("id", "about", "person_id", "person__timezone")
    found: dict[int, tuple[Interruption, ...]] = {}
    for _, about, person, timezone, at in sent.annotate(sent_at=Min("deliveries__accepted_at")).order_by(
        "id"
    ):
        woken = Interruption(person, at, night_of(at, timezone))
        found[begun[about]] = (*found.get(begun[about], ()), woken)
    return found


def _begun(actor: Actor, rows: Sequence[_Row]) -> dict[str, int]:
    """Which of these alerts began the group that it belongs to, by the group's subject."""
    groups = {row["decision__group_id"]: row["id"] for row in rows if row["decision__group_id"] is not None}
    members = Decision.objects.visible_to(actor).filter(group_id__in=list(groups))
    firsts = members.values_list("group_id").annotate(first=Min("alert_id"))
    ours = {row["id"] for row in rows}
    return {f"group:{group}": first for group, first in firsts if first in ours}


def _incidents(actor: Actor, rows: Sequence[_Row]) -> set[int]:
    """Those incidents of these alerts that the actor may see."""
    wanted = {row["decision__group__incident_id"] for row in rows} - {None}
    return set(incidents(actor).filter(pk__in=wanted).values_list("id", flat=True))


def _given_away(actor: Actor, since: datetime) -> set[int]:
    """The groups that a person gave to somebody else since then."""
    events = visible_events(actor).filter(kind="group.reassigned", at__gte=since, actor__startswith="person:")
    return {int(subject.partition(":")[2]) for subject in events.values_list("subject", flat=True)}
