"""What ladders ask besides whom a target means: who is on call next, who is away, whose turn it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.circumstances import Circumstances, Covered, Opening, always_open, never_held
from muster.core.policy import OF_SCHEDULES, Target
from muster.core.policy import Policy as Ladder
from muster.core.policy_form import by_id, read_policy
from muster.core.rotation import PersonId
from muster.core.turns import Turns
from muster.core.urgency import Urgency
from muster.mobilize.escalation.models import Escalation, Policy, PolicyVersion
from muster.mobilize.escalation.queries import Directory, Hours
from muster.mobilize.oncall import queries as oncall
from muster.mobilize.oncall.presence import away
from muster.mobilize.paging.models import Page

_INSTANT = timedelta(microseconds=1)


def openings_of(escalations: Iterable[Escalation], ladders: Mapping[int, Ladder]) -> dict[int, Opening]:
    """The working hours by which each escalation waits: those of its policy's team; a SEV1 waits for none
    (engine side).
    """
    rows = list(escalations)
    waiting = {
        row.policy_version_id
        for row in rows
        if not row.sev1 and any(step.in_hours for step in ladders[row.pk].steps)
    }
    if not waiting:
        return {row.pk: always_open for row in rows}
    versions = PolicyVersion.objects.filter(pk__in=[id_ for id_ in waiting if id_ is not None])
    teams = dict(versions.values_list("id", "policy__team_id"))
    hours = Hours()
    return {
        row.pk: always_open if row.sev1 else hours.of(teams.get(row.policy_version_id or 0)) for row in rows
    }


def turns_of(policy: Policy) -> Turns:
    """Whose turn was when, by what a policy keeps."""
    return Turns({int(person): number for person, number in policy.turns.items()})


def answered_of(
    escalations: Iterable[Escalation], ladders: Mapping[int, Ladder]
) -> dict[int, frozenset[PersonId]]:
    """Who has acknowledged in its present epoch, for each escalation that somebody alone cannot answer
    (engine side).
    """
    epochs = {row.pk: row.epoch for row in escalations if ladders[row.pk].asks_anybody_all}
    if not epochs:
        return {}
    pages = Page.objects.filter(escalation__in=list(epochs), acknowledged_at__isnull=False)
    found: dict[int, set[PersonId]] = {}
    for escalation, epoch, person in pages.values_list("escalation", "epoch", "person_id"):
        if escalation is not None and epochs[escalation] == epoch:
            found.setdefault(escalation, set()).add(person)
    return {pk: frozenset(people) for pk, people in found.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was paged where all must acknowledge, in the present epoch: who has, and who is missing (ids)."""

    answered: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()


def asked_of(escalation: Escalation) -> Asked:
    """Who has acknowledged and who is missing; nobody where one is enough (engine side).

    Whoever's access has ended is not waited for.
    """
    ladder = read_policy(escalation.snapshot, target=by_id)
    if not ladder.asks_anybody_all:
        return Asked()
    pages = Page.objects.filter(escalation=escalation.pk, epoch=escalation.epoch).order_by("id")
    answered: dict[int, bool] = {}
    wanted: dict[int, None] = {}
    for page in pages.select_related("person"):
        answered[page.person_id] = answered.get(page.person_id, False) or page.acknowledged_at is not None
        if ladder.asks_all(page.step) and page.person.retired_at is None:
            wanted[page.person_id] = None
    return Asked(
        tuple(id_ for id_, has in answered.items() if has),
        tuple(id_ for id_ in wanted if not answered[id_]),
    )


def circumstances(
    directory: Directory,
    urgency: Urgency,
    *,
    sev1: bool = False,
    answered: frozenset[PersonId] = frozenset(),
    turns: Turns | None = None,
) -> Circumstances:
    """The circumstances of one ladder; what is urgent is never held (engine side)."""
    can_wait = urgency is Urgency.LOW and not sev1
    return Circumstances(
        covered=covered_by(directory) if can_wait else never_held,
        away=is_away,
        answered=answered,
        turns=turns if turns is not None else Turns(),
    )


def is_away(person: PersonId, at: datetime) -> bool:
    """Whether a person is on leave, or busy by their own calendar (engine side)."""
    return bool(away([int(person)], at, at + _INSTANT)[int(person)])


def covered_by(directory: Directory) -> Covered:
    """When somebody of some targets is on call next, looked at four weeks ahead (engine side)."""

    def covered(targets: Sequence[Target], at: datetime) -> datetime | None:
        schedules = dict.fromkeys(int(one.key) for one in targets if one.kind in OF_SCHEDULES)
        starts = sorted(
            shift.start
            for schedule in schedules
            for shift in oncall.shifts(schedule, at, at + oncall.LOOKED_AHEAD)
            if shift.people and shift.start > at
        )
        return next(
            (start for start in starts if any(directory.people_of(one, start) for one in targets)), None
        )

    return covered
