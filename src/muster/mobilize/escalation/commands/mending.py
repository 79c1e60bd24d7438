"""What the auditor does to a ladder that stands although somebody is to be paged (reliability I5 to I9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from muster.core import escalation_life as rules
from muster.core.escalation import Cursor, EscalationState
from muster.core.permissions import Actor
from muster.core.policy import TargetKind
from muster.core.policy_form import by_id, read_policy
from muster.core.urgency import Urgency
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.commands.climbing import climb
from muster.mobilize.escalation.commands.ladder import Start, start_escalation
from muster.mobilize.escalation.commands.wanted import Wanted, ad_hoc, find_target, of_policy
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.paging.commands import Errand, start_pages
from muster.mobilize.paging.models import Call, Page
from muster.mobilize.paging.queries import Reach

SHIFTED_AT_ONCE = 200


@command
def resume_escalation(escalation_id: int, *, actor: Actor, at: datetime) -> bool:
    """Let a ladder that stands climb on: its next step starts now. False when it climbs or has ended."""
    row = lock(Escalation, escalation_id)
    change = rules.resume(row.state, row.round, row.step, row.due_at, at=at)
    if change is None:
        return False
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    climb([row], actor=actor, at=at)
    return True


@command
def escalate_call(call_id: int, *, actor: Actor, at: datetime) -> bool:
    """Climb the ladder of a call that has none; one whose target is gone reaches the fallback at once."""
    call = lock(Call, call_id)
    if call.state != "triggered" or queries.latest(call.subject) is not None:
        return False
    found = find_target(call.target)
    wanted = Wanted(call.target)
    if found is not None:
        is_policy = found.kind is TargetKind.POLICY
        wanted = of_policy(Policy.objects.get(pk=int(found.key)), at) if is_policy else ad_hoc(found, at)
    start = Start(
        call.subject,
        wanted.policy,
        Urgency(call.urgency),
        why=wanted.called,
        incident=call.incident_id,
        spec=wanted.spec,
    )
    start_escalation(start, actor=actor, at=at)
    return True


@command
def page_missed(
    escalation_id: int, round_: int, step: int, person_ids: Sequence[int], *, actor: Actor, at: datetime
) -> bool:
    """Page people whom a step found and did not page, while its ladder has not ended otherwise."""
    row = lock(Escalation, escalation_id)
    if row.state == EscalationState.STOPPED:
        return False
    there = Page.objects.filter(escalation=row.pk, epoch=row.epoch, round=round_, step=step)
    paged = set(there.values_list("person_id", flat=True))
    errand = Errand(
        people=tuple(id_ for id_ in person_ids if id_ not in paged),
        about=row.about,
        urgency=Urgency(row.urgency),
        escalation=row.pk,
        epoch=row.epoch,
        round=round_,
        step=step,
        sev1=row.sev1,
        why=row.why,
        incident=row.incident_id,
    )
    return bool(start_pages([errand], Reach(at), actor=actor, at=at))


@command
def shift_escalations(
    by: timedelta, before_event: int, after: int = 0, *, actor: Actor, at: datetime
) -> int | None:
    """The clock was set: steps of ladders last changed before it are due after the same wait as planned.

    At most 200, from the first one `after` on. Returns the last one looked at; None when none is left.
    """
    waiting = Escalation.objects.filter(
        pk__gt=after, state=EscalationState.RUNNING, due_at__isnull=False, last_event_id__lte=before_event
    )
    ids = list(waiting.order_by("id").values_list("id", flat=True)[:SHIFTED_AT_ONCE])
    moved = []
    for row in lock_many(Escalation, ids):
        if row.state == EscalationState.RUNNING and row.due_at and row.last_event_id <= before_event:
            cursor = Cursor(row.round, row.step, row.due_at)
            change = rules.shift(cursor, read_policy(row.snapshot, target=by_id), by, row.held_until)
            moved += [(row, change)] if change is not None else []
    record_many(
        [row for row, _ in moved],
        [change for _, change in moved],
        actor=actor,
        at=at,
        incidents=[row.incident_id for row, _ in moved],
    )
    return ids[-1] if ids else None
