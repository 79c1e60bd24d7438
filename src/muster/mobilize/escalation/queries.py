"""Whom targets mean, which policy an alert goes up, and the plan that people are shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from muster.core.calendar import Calendar
from muster.core.circumstances import Opening, Reachable
from muster.core.oncall import History
from muster.core.permissions import Actor
from muster.core.policy import OF_SCHEDULES, Target, TargetKind, parse_target
from muster.core.policy import Policy as Ladder
from muster.core.policy_form import by_id, expanded, read_policy
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import decision_of
from muster.foundation.access import queries as access
from muster.foundation.access.models import Person
from muster.foundation.catalog import handles
from muster.foundation.catalog import queries as catalog
from muster.foundation.catalog.models import Position, Team
from muster.mobilize.escalation.models import Escalation, Policy, PolicyVersion, Responder
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.oncall import queries as oncall
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.paging.models import Webhook
from muster.mobilize.paging.queries import Reach

_Named = type[Person] | type[Schedule] | type[Team] | type[Position] | type[Policy] | type[Webhook]
_TABLES: dict[TargetKind, _Named] = {
    TargetKind.PERSON: Person,
    TargetKind.SCHEDULE: Schedule,
    TargetKind.TEAM: Team,
    TargetKind.POSITION: Position,
    TargetKind.MANAGER: Team,
    TargetKind.ON_CALL_MANAGER: Schedule,
    TargetKind.POLICY: Policy,
    TargetKind.WEBHOOK: Webhook,
}


def target_by_handle(target: Target) -> Target:
    """Translate `schedule:payments-primary`, or a handle it had before, to `schedule:7`.

    Raises:
        LookupError: nothing in use has that handle.
    """
    table = _TABLES[target.kind]
    named = Q(handle=target.key)
    if table is not Person:
        named |= Q(aliases__contains=[target.key])
    live = table.objects.filter(named, retired_at__isnull=True).order_by("id")
    found = next(iter(live.values_list("id", flat=True)), None)
    if found is None:
        raise LookupError(str(target))
    return Target(target.kind, found)


def target_by_id(target: Target) -> Target:
    """Translate `schedule:7` back to `schedule:payments-primary`, for people and for export."""
    found = _TABLES[target.kind].objects.filter(pk=int(target.key)).values_list("handle", flat=True).first()
    return Target(target.kind, found or str(target.key))


def name_of_target(target: Target) -> str:
    """What people call whom a target (by id) names; empty for a person, who knows their own name."""
    if target.kind is TargetKind.PERSON:
        return ""
    return (
        _TABLES[target.kind].objects.filter(pk=int(target.key)).values_list("name", flat=True).first() or ""
    )


def handles_of_targets() -> dict[str, str]:
    """Every target by its stored name: `schedule:7` to `schedule:payments-primary` (engine side)."""
    return {
        str(Target(kind, pk)): str(Target(kind, handle))
        for kind, table in _TABLES.items()
        for pk, handle in table.objects.values_list("id", "handle")
    }


def _known(target: Target) -> Target | None:
    try:
        return target_by_handle(target)
    except LookupError:
        return None


class Directory:
    """Whom targets (keys as ids) mean at one instant, and whom a page would reach (engine side).

    Each target, rota, person and contact is read once, so one serves a whole batch of escalations.
    """

    def __init__(self, at: datetime) -> None:
        self.reach = Reach(at)
        self.fallback = Fallback(self)
        self.at = at
        self._found: dict[tuple[Target, datetime], list[int]] = {}
        self._rotas: dict[int, History] = {}

    def load(self, targets: Iterable[Target]) -> None:
        """Read together the people whom these targets name themselves."""
        self.reach.load(int(target.key) for target in targets if target.kind is TargetKind.PERSON)

    def people_of(self, target: Target, at: datetime) -> Sequence[int]:
        """Whom a target means: people whose access has not ended, in order.

        The plan that people are shown looks ahead, and only a rota has another answer then.
        """
        known = (target, at if target.kind in OF_SCHEDULES else self.at)
        if known not in self._found:
            self._found[known] = self.reach.active(self._named(target, at))
        return self._found[known]

    def _named(self, target: Target, at: datetime) -> Sequence[int]:
        key = int(target.key)
        if target.kind is TargetKind.PERSON:
            return [key]
        if target.kind is TargetKind.SCHEDULE:
            return self._on_call(key, at)
        if target.kind is TargetKind.TEAM:
            return [grant.person_id for grant in access.holders(f"team:{key}", "member")]
        if target.kind is TargetKind.MANAGER:
            return [grant.person_id for grant in access.holders(f"team:{key}", "manager")]
        if target.kind is TargetKind.ON_CALL_MANAGER:
            return access.managers_of(self._on_call(key, at))
        if target.kind in (TargetKind.POLICY, TargetKind.WEBHOOK):
            return []  # a policy is expanded before it is climbed; one that is gone finds nobody
        return [person.pk for person in catalog.holders(key)]

    def _on_call(self, schedule_id: int, at: datetime) -> Sequence[int]:
        if schedule_id not in self._rotas:
            self._rotas[schedule_id] = oncall.history_of(schedule_id)
        return oncall.people_on_call(self._rotas[schedule_id], at)

    def can_reach(self, urgency: Urgency) -> Reachable:
        """Whether a person has a contact that a page of this urgency could go to."""
        return lambda person: bool(self.reach.plan(int(person), urgency).deliveries)


def ladder_of(spec: Mapping[str, Any]) -> Ladder:
    """A policy as it is climbed: steps of the policies that it names stand in their place (engine side)."""
    policy = read_policy(spec, target=by_id)
    if all(step.continues is None for step in policy.steps):
        return policy
    return expanded(policy, policy_behind)


def policy_behind(target: Target) -> Ladder | None:
    """The policy in use that `policy:7` names (engine side)."""
    row = Policy.objects.filter(pk=int(target.key), retired_at__isnull=True).first()
    return read_policy(row.spec, target=by_id) if row is not None else None


class Hours:
    """When working hours open, for each team; read when a step asks (engine side)."""

    def __init__(self) -> None:
        self._calendars: dict[int | None, Calendar] = {}

    def of(self, team_id: int | None) -> Opening:
        """The opening of this team's hours (None: the organisation's)."""

        def opening(at: datetime) -> datetime:
            if team_id not in self._calendars:
                self._calendars |= catalog.working_hours([team_id], at)
            return self._calendars[team_id].next_opening(at)

        return opening


class Fallback:
    """Whom the end of every ladder reaches: the organisation's fallback, without one every admin.

    Read when somebody looks, since most ladders do not end.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def __iter__(self) -> Iterator[int]:
        """The people, each once."""
        at = self._directory.at
        named = [_known(parse_target(str(target))) for target in access.organisation().fallback]
        found = [id_ for target in named if target for id_ in self._directory.people_of(target, at)]
        return iter(list(dict.fromkeys(found)) or access.admins())


def people_of(target: Target, at: datetime) -> Sequence[int]:
    """Whom one target (keys as ids) means at an instant (engine side)."""
    return Directory(at).people_of(target, at)


def fallback_people(at: datetime) -> list[int]:
    """Whom the end of every ladder reaches at an instant (engine side)."""
    return list(Directory(at).fallback)


def policies_named(handles: Iterable[str]) -> dict[str, Policy]:
    """The policies that have these handles, or had them once (engine side)."""
    wanted = {handle for handle in handles if handle}
    if not wanted:
        return {}
    found = {row.handle: row for row in Policy.objects.filter(handle__in=wanted)}
    for handle in wanted - set(found):
        former = Policy.objects.filter(aliases__contains=[handle]).order_by("id").first()
        if former is not None:
            found[handle] = former
    return found


def versions_of(policies: Iterable[Policy]) -> dict[int, int]:
    """The number of the version row that each of these policies has now, by policy (engine side)."""
    rows = PolicyVersion.objects.filter(policy__in=list(policies), number=F("policy__version"))
    return dict(rows.values_list("policy_id", "id"))


def policies(actor: Actor) -> QuerySet[Policy]:
    """The policies in use, by name."""
    return (
        Policy.objects.visible_to(actor)
        .select_related("team")
        .filter(retired_at__isnull=True)
        .order_by("name")
    )


def visible_policies(actor: Actor) -> QuerySet[Policy]:
    """All policies, retired ones too."""
    return Policy.objects.visible_to(actor).select_related("team")


def policy_of(actor: Actor, handle: str) -> Policy:
    """Return a policy by its handle or one it had before. Raises `Refused` when there is none."""
    rows = Policy.objects.visible_to(actor).select_related("team")
    found = handles.named(rows, handle)
    if found is None:
        raise Refused(Escalate.POLICY_NOT_FOUND, {"handle": handle})
    return found


def group_paged_for(alert: Alert) -> AlertGroup:
    """The group by which people are paged for an alert that the caller may see.

    Raises:
        Refused: it waits to be evaluated, or is held back.
    """
    decision = decision_of(alert)
    if decision is None:
        raise Refused(Escalate.NOT_PAGED_YET)
    if decision.group is None:
        raise Refused(Escalate.HELD_BACK, {"by": alert.suppressed_by})
    return decision.group


def running(abouts: Iterable[str]) -> dict[str, int]:
    """The number of the escalation that runs for each of these groups and calls (engine side)."""
    rows = Escalation.objects.filter(about__among=list(abouts), state="running")
    return dict(rows.values_list("about", "id"))


def latest(about: str) -> Escalation | None:
    """The latest escalation of a group or a call that the caller may see, running or not."""
    return latest_of([about]).get(about)


def latest_of(abouts: Iterable[str]) -> dict[str, Escalation]:
    """The latest escalation of each of these, running or not (engine side)."""
    rows = Escalation.objects.filter(about__among=list(abouts))
    return {row.about: row for row in rows.order_by("about", "-id").distinct("about")}


def responders_of(actor: Actor, incident_id: int) -> list[Responder]:
    """Who was called to an incident that the caller may see, in order."""
    rows = Responder.objects.visible_to(actor).select_related("person")
    return list(rows.filter(incident_id=incident_id).order_by("id"))
