"""Reads of decisions, groups, silences and incidents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from muster.core import grouping
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.core.phases import WORKING
from muster.core.refusal import Refused
from muster.detect.models import Alert
from muster.evaluate.models import (
    AlertFeedback,
    AlertGroup,
    AlertView,
    Decision,
    Incident,
    Route,
    Rule,
    Silence,
)
from muster.evaluate.reasons import Evaluate
from muster.foundation.catalog import handles

RowT = TypeVar("RowT", AlertGroup, Incident)


def facts_of(alerts: Iterable[Alert]) -> list[grouping.Member]:
    """Alerts as members of their group."""
    return [grouping.Member(AlertState(row.state), row.suppressed_by is not None) for row in alerts]


def member_facts(group_ids: Iterable[int]) -> dict[int, list[grouping.Member]]:
    """The kinds of members that each group has, as the rules see them: each kind once (engine side)."""
    found: dict[int, list[grouping.Member]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [list(group_ids)])
        for group_id, state, suppressed in cursor.fetchall():
            found.setdefault(group_id, []).append(grouping.Member(AlertState(state), suppressed))
    return found


# (OFFSET 0: looked up alert by alert. With young statistics, in a storm, PostgreSQL would read all of them.)
_OF_GROUPS = """
    FROM evaluate_decision d CROSS JOIN LATERAL (SELECT * FROM detect_alert WHERE id = d.alert_id OFFSET 0) a
    WHERE d.group_id = ANY(%s)
"""
_MEMBERS = f"SELECT DISTINCT d.group_id, a.state, a.suppressed_by IS NOT NULL {_OF_GROUPS}"
_OPEN_MEMBERS = f"SELECT a.id {_OF_GROUPS} AND a.state <> 'resolved' ORDER BY a.id"


@dataclass(frozen=True, slots=True)
class FirstAlert:
    """What a page says of one alert."""

    id: int
    severity: str
    summary: str


@dataclass(frozen=True, slots=True)
class Members:
    """The first alerts of a group, and how many of all its alerts are open."""

    first: tuple[FirstAlert, ...] = ()
    open: int = 0


_FIRST = """
    SELECT g.id, a.id, a.severity, a.summary FROM unnest(%s::bigint[]) AS g(id) CROSS JOIN LATERAL (
        SELECT a.id, coalesce(d.changed->>'severity', a.severity) AS severity,
            coalesce(d.changed->>'summary', a.summary) AS summary
        FROM evaluate_decision d JOIN detect_alert a ON a.id = d.alert_id
        WHERE d.group_id = g.id ORDER BY a.id LIMIT %s) AS a
"""
_OPEN = """
    SELECT d.group_id, count(*) FROM evaluate_decision d JOIN detect_alert a ON a.id = d.alert_id
    WHERE d.group_id = ANY(%s) AND a.state <> 'resolved' GROUP BY d.group_id
"""


def first_alerts(group_ids: Sequence[int], limit: int) -> dict[int, Members]:
    """The oldest alerts of each group, and how many are open: what a page says (engine side)."""
    first: dict[int, list[FirstAlert]] = {id_: [] for id_ in group_ids}
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [list(group_ids), limit])
        for group_id, *alert in cursor.fetchall():
            first[group_id].append(FirstAlert(*alert))
        cursor.execute(_OPEN, [list(group_ids)])
        counts = dict(cursor.fetchall())
    return {id_: Members(tuple(found), counts.get(id_, 0)) for id_, found in first.items()}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts a group has, and how often their senders have sent them."""

    alerts: int = 0
    repeats: int = 0


def counts_of(group_ids: Sequence[int]) -> dict[int, Counts]:
    """How many alerts each of these groups has, which the caller was shown (engine side)."""
    rows = Alert.objects.filter(decision__group__in=list(group_ids)).values_list("decision__group")
    found = rows.annotate(alerts=Count("id"), repeats=Sum("count")).order_by()
    counted = {group_id: Counts(alerts, repeats) for group_id, alerts, repeats in found}
    return {group_id: counted.get(group_id, Counts()) for group_id in group_ids}


def open_members_of(group_ids: Sequence[int]) -> list[int]:
    """The alerts of these groups that are not resolved, in id order (engine side)."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_MEMBERS, [list(group_ids)])
        return [alert_id for (alert_id,) in cursor.fetchall()]


def wanted_groups(group_ids: Iterable[int]) -> set[int]:
    """The groups for which somebody is still to be paged: see `core.grouping.is_wanted` (engine side)."""
    return {group_id for group_id, members in member_facts(group_ids).items() if grouping.is_wanted(members)}


def groups(actor: Actor) -> QuerySet[AlertGroup]:
    """The groups this actor may see, newest first."""
    return (
        AlertGroup.objects.visible_to(actor)
        .select_related("service__team", "acknowledged_by")
        .order_by("-id")
    )


def waiting_groups(actor: Actor) -> QuerySet[AlertGroup]:
    """The groups for which somebody is wanted, newest first."""
    return groups(actor).filter(state=AlertState.TRIGGERED, held_back=False)


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


def feedback_of(actor: Actor, alert: Alert) -> list[AlertFeedback]:
    """What people say of an alert that the actor may see, the latest word first."""
    rows = AlertFeedback.objects.visible_to(actor).select_related("person", "target").filter(alert=alert)
    return list(rows.exclude(said="").order_by("-given_at", "-id"))


def changed_of(decision: Decision | None) -> Mapping[str, Any]:
    """The fields that event rules set, in the place of the sender's; none where nothing did."""
    return (decision.changed or {}) if decision is not None else {}


def incidents(actor: Actor, *, open_only: bool = False, phases: Sequence[str] = ()) -> QuerySet[Incident]:
    """The incidents this actor may see, newest first."""
    rows = Incident.objects.visible_to(actor).select_related("commander", "standard", "declared_by")
    if open_only:
        rows = rows.filter(phase__in=[phase.value for phase in WORKING])
    if phases:
        rows = rows.filter(phase__in=list(phases))
    return rows.order_by("-id")


def visible_incidents(actor: Actor, of: Iterable[AlertGroup]) -> set[int]:
    """The incidents of these groups that this actor may see."""
    wanted = {row.incident_id for row in of if row.incident_id is not None}
    return set(Incident.objects.visible_to(actor).filter(pk__in=wanted).values_list("id", flat=True))


def open_by_service(actor: Actor) -> dict[int, list[Incident]]:
    """The incidents that are worked on and that this actor may see, by the services that they are about."""
    found: dict[int, list[Incident]] = {}
    for incident in incidents(actor, open_only=True):
        for service_id in incident.services:
            found.setdefault(service_id, []).append(incident)
    return found


def incident_of(actor: Actor, public_id: str | int) -> Incident:
    """Return an incident by `INC-7` or `7`.

    Raises:
        Refused: there is none, or it is not this actor's to see: the same answer.
    """
    return _numbered(incidents(actor), str(public_id), "INC-", Evaluate.INCIDENT_NOT_FOUND)


def number_of(text: str, prefix: str = "") -> int | None:
    """The number in `GRP-7` or `7`; None for what can be nobody's."""
    number = text.upper().removeprefix(prefix)
    return int(number) if number.isdecimal() and len(number) < 19 else None


def _numbered(rows: QuerySet[RowT], public_id: str, prefix: str, reason: Evaluate) -> RowT:
    number = number_of(public_id, prefix)
    found = rows.filter(pk=number).first() if number is not None else None
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


def rules(actor: Actor, kind: str = "") -> QuerySet[Rule]:
    """The rules, retired ones and those that are over too, by kind and in their order."""
    rows = Rule.objects.visible_to(actor).select_related("author")
    return (rows.filter(kind=kind) if kind else rows).order_by("kind", "position", "id")


def rule_of(actor: Actor, handle: str) -> Rule:
    """Return a rule by its handle. Raises `Refused` when there is none for this actor."""
    found = handles.named(Rule.objects.visible_to(actor).select_related("author"), handle)
    if found is None:
        raise Refused(Evaluate.RULE_NOT_FOUND, {"handle": handle[:63]})
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


def alert_views(actor: Actor) -> QuerySet[AlertView]:
    """The saved views of a person and of their teams, in use, by name; their own first."""
    mine = Q(owner=actor.id) if actor.id is not None else Q(pk__in=())
    rows = AlertView.objects.visible_to(actor).filter(mine | Q(team__in=actor.teams | actor.manages))
    rows = rows.filter(retired_at__isnull=True).select_related("team")
    return rows.order_by(F("team").asc(nulls_first=True), "name")


def view_of(actor: Actor, public_id: str) -> AlertView:
    """Return a view by `VW-7` or `7`, a deleted one too.

    Raises:
        Refused: there is none, or it is neither this actor's nor their team's.
    """
    mine = Q(owner=actor.id) | Q(team__in=actor.teams | actor.manages)
    number = number_of(public_id, "VW-")
    found = AlertView.objects.visible_to(actor).filter(mine, pk=number or 0).select_related("team").first()
    if found is None or actor.id is None:
        raise Refused(Evaluate.VIEW_NOT_FOUND)
    return found


def default_view(actor: Actor) -> AlertView | None:
    """The view with which the inbox opens: the person's own default, else their team's."""
    return alert_views(actor).filter(is_default=True).first()
