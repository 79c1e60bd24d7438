"""What ladders would do if nobody answered: the function that runs, shown; and their weak places (R40)."""

from datetime import datetime

from muster.core import escalation as ladder
from muster.core.escalation import Cursor, PlannedStep
from muster.core.policy import OF_SCHEDULES
from muster.core.policy_form import by_id, read_policy
from muster.core.policy_lint import Expected, Finding, lint
from muster.core.urgency import Urgency
from muster.foundation.standard.queries import current
from muster.mobilize.escalation.circumstances import answered_of, circumstances, openings_of, turns_of
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.queries import Directory, Hours, ladder_of, target_by_id
from muster.mobilize.oncall import queries as oncall


def plan_of(escalation: Escalation, at: datetime) -> tuple[PlannedStep, ...]:
    """What this escalation will do if nobody answers: the function that runs, shown (R40)."""
    if escalation.state != "running" or escalation.due_at is None:
        return ()
    cursor = Cursor(escalation.round, escalation.step, escalation.due_at)
    directory = Directory(at)
    climbed = read_policy(escalation.snapshot, target=by_id)
    ladders = {escalation.pk: climbed}
    urgency = Urgency(escalation.urgency)
    version = escalation.policy_version
    given = circumstances(
        directory,
        urgency,
        sev1=escalation.sev1,
        answered=answered_of([escalation], ladders).get(escalation.pk, frozenset()),
        turns=turns_of(version.policy) if version is not None and climbed.takes_turns else None,
    )
    return ladder.upcoming(
        climbed,
        cursor,
        directory.people_of,
        directory.fallback,
        not_before=at,
        reachable=directory.can_reach(urgency),
        opening=openings_of([escalation], ladders)[escalation.pk],
        given=given,
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
