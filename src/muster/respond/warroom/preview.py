"""What declaring will do, before it is done: who is paged, who is told, when the first update is due."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.policy import Target, TargetKind, parse_target
from muster.core.standard import Standard
from muster.core.standard.severities import PageHours
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import business_hours
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.mobilize.escalation.queries import fallback_people, people_of, target_by_handle


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What follows from a declaration. `told` holds names of the Standard's targets; they are not woken.

    `held_until`: what can wait pages nobody before business hours open.
    """

    severity: str
    paged: tuple[Person, ...]
    told: tuple[str, ...]
    first_update_at: datetime | None
    every: timedelta | None
    held_until: datetime | None


def foresee(
    standard: Standard,
    severity: str,
    services: Sequence[Service],
    flags: Iterable[str],
    *,
    declarer: int | None,
    at: datetime,
) -> Foreseen:
    """Say what a declaration at this severity would do now. Writes nothing."""
    level = standard.severity(severity)
    names = [*level.page, *(name for flag in flags for name in standard.flags[flag].page)]
    people: dict[int, None] = {}
    for name in dict.fromkeys(names):
        target = standard.targets.get(name, name)
        for person in _people(target, services, at):
            people[person] = None
    people.pop(declarer or 0, None)
    known = Person.objects.in_bulk(list(people))
    every = min(level.update_every.values(), default=None)
    first = at + standard.declaration.first_update_within if every is not None else None
    paged = tuple(known[pk] for pk in people if pk in known)
    waits = level.page_hours is PageHours.BUSINESS_HOURS
    opens = business_hours(standard, at).next_opening(at) if waits else at
    return Foreseen(severity, paged, tuple(level.notify), first, every, opens if opens > at else None)


def _people(target: str, services: Sequence[Service], at: datetime) -> Iterator[int]:
    kind, _, key = target.partition(":")
    if kind == "policy":
        yield from _of_policies(services, at)
    elif kind in ("team", "manager") and key == "affected":
        for team in dict.fromkeys(one.team_id for one in services if one.team_id is not None):
            yield from people_of(Target(TargetKind(kind), team), at)
    elif kind in set(TargetKind):
        yield from _of_handle(target, at)


def _of_policies(services: Sequence[Service], at: datetime) -> Iterator[int]:
    handles = [one.policy for one in services if one.policy]
    if not handles:
        yield from fallback_people(at)
    for policy in Policy.objects.filter(handle__in=handles, retired_at__isnull=True).order_by("id"):
        steps = preview(policy, at)
        yield from (int(person) for person in (steps[0].people if steps else ()))


def _of_handle(target: str, at: datetime) -> Sequence[int]:
    try:
        return people_of(target_by_handle(parse_target(target)), at)
    except (LookupError, ValueError):
        return ()
