"""What ladders would do if nobody answered: the function that runs, shown; and their weak places (R40)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from muster.core import escalation as ladder
from muster.core.circumstances import Opening
from muster.core.escalation import Cursor, PlannedStep
from muster.core.policy import OF_SCHEDULES
from muster.core.policy import Policy as Ladder
from muster.core.policy_form import by_id, read_policy
from muster.core.policy_lint import Expected, Finding, lint
from muster.core.rotation import PersonId
from muster.core.urgency import Urgency
from muster.foundation.standard.queries import current
from muster.mobilize.escalation.circumstances import answered_of, circumstances, openings_of, turns_of
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.queries import Directory, Hours, ladder_of, target_by_id
from muster.mobilize.oncall import queries as oncall


def plan_of(escalation: Escalation, at: datetime) -> tuple[PlannedStep, ...]:
    """What this escalation will do if nobody answers: the function that runs, shown (R40)."""
    return tuple(plans_of([escalation], at).get(escalation.pk, ()))


def plans_of(escalations: Iterable[Escalation], at: datetime) -> dict[int, Iterator[PlannedStep]]:
    """The same of many, each step looked at when it is asked for; nothing of those that run no more."""
    rows = [row for row in escalations if row.state == "running" and row.due_at is not None]
    ladders = {row.pk: read_policy(row.snapshot, target=by_id) for row in rows}
    openings, answered = openings_of(rows, ladders), answered_of(rows, ladders)
    directory = Directory(at)
    return {
        row.pk: _ahead(row, ladders[row.pk], directory, openings[row.pk], answered.get(row.pk, frozenset()))
        for row in rows
    }


def _ahead(
    escalation: Escalation,
    climbed: Ladder,
    directory: Directory,
    opening: Opening,
    answered: frozenset[PersonId],
) -> Iterator[PlannedStep]:
    assert escalation.due_at is not None
    urgency = Urgency(escalation.urgency)
    version = escalation.policy_version if climbed.takes_turns else None
    return ladder.upcoming(
        climbed,
        Cursor(escalation.round, escalation.step, escalation.due_at),
        directory.people_of,
        directory.fallback,
        not_before=directory.at,
        reachable=directory.can_reach(urgency),
        opening=opening,
        given=circumstances(
            directory,
            urgency,
            sev1=escalation.sev1,
            answered=answered,
            turns=turns_of(version.policy) if version is not None else None,
        ),
    )


def preview(policy: Policy, at: datetime, urgency: Urgency = Urgency.HIGH) -> tuple[PlannedStep, ...]:
    """What a policy would do if it began now and nobody answered."""
    directory = Directory(at)
    return ladder.plan(
        ladder_of(policy.spec),
        at,
        directory.people_of,
        directory.fallback,
        reachable=directory.can_reach(urgency),
        opening=Hours().of(policy.team_id),
        given=circumstances(directory, urgency, turns=turns_of(policy)),
    )


def weaknesses(policy: Policy, at: datetime) -> tuple[Finding, ...]:
    """Where a policy that the caller may see would let somebody down (engine side for its targets)."""
    climbed = ladder_of(policy.spec)
    wanted = current().standard.on_call
    schedules = dict.fromkeys(
        target for step in climbed.steps for target in step.notify if target.kind in OF_SCHEDULES
    )
    gaps = [
        (str(target_by_id(target)), gap.start)
        for target in schedules
        for gap in oncall.gaps(int(target.key), at, at + oncall.LOOKED_AHEAD)[:1]
    ]
    expected = Expected(wanted.secondary_after, wanted.manager_after)
    return lint(climbed, preview(policy, at), gaps, expected)
