"""Whom targets mean, which policy an alert goes up, and the plan that people are shown."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from django.db.models import Q, QuerySet

from muster.core import escalation as ladder
from muster.core.escalation import Cursor, PlannedStep, Target, TargetKind, parse_target
from muster.core.permissions import Actor
from muster.core.policy_form import by_id, read_policy
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import decision_of
from muster.foundation.access import queries as access
from muster.foundation.access.models import Person
from muster.foundation.catalog import queries as catalog
from muster.foundation.catalog.models import Position, Team
from muster.mobilize.escalation.models import Escalation, Policy, Responder
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.oncall import queries as oncall
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.paging.commands import plan_for

_TABLES: dict[TargetKind, type[Person] | type[Schedule] | type[Team] | type[Position]] = {
    TargetKind.PERSON: Person,
    TargetKind.SCHEDULE: Schedule,
    TargetKind.TEAM: Team,
    TargetKind.POSITION: Position,
    TargetKind.MANAGER: Team,
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


def handles_of_targets() -> dict[str, str]:
    """Every target by its stored name: `schedule:7` to `schedule:payments-primary` (engine side)."""
    return {
        str(Target(kind, pk)): str(Target(kind, handle))
        for kind, table in _TABLES.items()
        for pk, handle in table.objects.values_list("id", "handle")
    }


def people_of(target: Target, at: datetime) -> Sequence[int]:
    """Whom a target (keys as ids) means at an instant: people whose access has not ended, in order."""
    key = int(target.key)
    if target.kind is TargetKind.PERSON:
        return _active([key])
    if target.kind is TargetKind.SCHEDULE:
        return _active(list(oncall.on_call_at(key, at)))
    if target.kind is TargetKind.TEAM:
        return _active([grant.person_id for grant in access.holders(f"team:{key}", "member")])
    if target.kind is TargetKind.MANAGER:
        return _active([grant.person_id for grant in access.holders(f"team:{key}", "manager")])
    return [person.pk for person in catalog.holders(key)]


def _known(target: Target) -> Target | None:
    try:
        return target_by_handle(target)
    except LookupError:
        return None


def _active(person_ids: list[int]) -> list[int]:
    rows = Person.objects.filter(pk__in=person_ids, retired_at__isnull=True).values_list("id", flat=True)
    known = set(rows)
    return [id_ for id_ in dict.fromkeys(person_ids) if id_ in known]


def fallback_people(at: datetime) -> list[int]:
    """Whom the end of every ladder reaches: the organisation's fallback, without one every admin."""
    named = [_known(parse_target(str(target))) for target in access.organisation().fallback]
    found = [person for target in named if target is not None for person in people_of(target, at)]
    return list(dict.fromkeys(found)) or access.admins()


def reachable(urgency: Urgency, at: datetime) -> Callable[[int], bool]:
    """Whether a person has a contact that a page could go to; remembers within one climb."""

    @cache
    def can_reach(person_id: int) -> bool:
        person = Person.objects.filter(pk=person_id, retired_at__isnull=True).first()
        if person is None:
            return False
        return bool(plan_for(person, access.contacts_of([person_id])[person_id], urgency, at).deliveries)

    return can_reach


def policy_named(handle: str) -> Policy | None:
    """The policy that has this handle, or had it once (engine side); None for an empty one."""
    rows = Policy.objects.filter(Q(handle=handle) | Q(aliases__contains=[handle]))
    return rows.order_by("id").first() if handle else None


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
    found = rows.filter(handle=handle).first() or rows.filter(aliases__contains=[handle]).first()
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


def running(about: str) -> Escalation | None:
    """The escalation that runs for a group or a call (engine side)."""
    return Escalation.objects.filter(about=about, state="running").first()


def latest(about: str) -> Escalation | None:
    """The latest escalation of a group or a call that the caller may see, running or not."""
    return Escalation.objects.filter(about=about).order_by("-id").first()


def plan_of(escalation: Escalation, at: datetime) -> tuple[PlannedStep, ...]:
    """What this escalation will do if nobody answers: the function that runs, shown (R40)."""
    if escalation.state != "running" or escalation.due_at is None:
        return ()
    cursor = Cursor(escalation.round, escalation.step, escalation.due_at)
    policy = read_policy(escalation.snapshot, target=by_id)
    return ladder.upcoming(
        policy,
        cursor,
        people_of,
        fallback_people(at),
        not_before=at,
        reachable=reachable(Urgency(escalation.urgency), at),  # type: ignore[arg-type]
    )


def preview(policy: Policy, at: datetime, urgency: Urgency = Urgency.HIGH) -> tuple[PlannedStep, ...]:
    """What a policy would do if it began now and nobody answered."""
    return ladder.plan(
        read_policy(policy.spec, target=by_id),
        at,
        people_of,
        fallback_people(at),
        reachable=reachable(urgency, at),  # type: ignore[arg-type]
    )


def responders_of(actor: Actor, incident_id: int) -> list[Responder]:
    """Who was called to an incident that the caller may see, in order."""
    rows = Responder.objects.visible_to(actor).select_related("person")
    return list(rows.filter(incident_id=incident_id).order_by("id"))
