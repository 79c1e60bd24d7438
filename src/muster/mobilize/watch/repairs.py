"""How each finding is put right: by the command whose work was not done, whoever should have called it.

A repair answers whether there was anything to do: the world may have moved on since the look. What is stuck
as a whole (no step starts, nothing is sent) is done here by the auditor's own hands, in the engine's place.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from muster.core.permissions import system
from muster.core.watch import Check, Found
from muster.evaluate.commands import evaluate_alerts
from muster.evaluate.due import decide_again, wake_due_groups
from muster.evaluate.models import AlertGroup, Decision
from muster.foundation.access.queries import now
from muster.foundation.timeline.due import DueWork
from muster.foundation.timeline.reactor import react, retry_due_parked
from muster.foundation.timeline.sealer import seal_batch
from muster.mobilize.escalation import commands as ladders
from muster.mobilize.escalation.due import ask_again, climb_due_escalations
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import queue_missing_messages, release_delivery

log = logging.getLogger(__name__)

ACTOR = system("audit")
TURNS = 20
"""How often the auditor does a stuck queue's work in one pass; the next one goes on."""

Repair = Callable[[Found, datetime], bool]


def repair(
    found: Sequence[Found], works: Mapping[Check, DueWork]
) -> tuple[list[Found], set[tuple[str, str]]]:
    """Put right what can be; returns what was wrong indeed, and the keys of what was put right.

    `works` does the work of stuck queues. One repair that fails holds up no other, and is tried again by the
    next pass.
    """
    wrong, mended = [], set()
    for one in found:
        try:
            done = _done(one, works)
        except Exception:
            log.exception("the auditor could not put right %s about %s", one.check, one.about)
            done = None
        if done is not False or one.check not in CANDIDATES:
            wrong.append(one)
        if done:
            mended.add(one.key)
    return wrong, mended


CANDIDATES = frozenset({Check.INCIDENT_NOT_CALLED, Check.STEP_FAILED, Check.STEP_WITHOUT_PAGE})
"""What only the repair itself can tell: when it had nothing to do, nothing was wrong."""


def _done(found: Found, works: Mapping[Check, DueWork]) -> bool | None:
    if found.check in _ROWS:
        return _ROWS[found.check](found, now())
    work = works.get(found.check)
    return _by_hand(work) if work is not None else None


def _by_hand(work: DueWork) -> bool:
    """Do a stuck queue's work until it is dry, or for a while."""
    turns = 0
    while turns < TURNS and work():
        turns += 1
    return turns > 0


def _alert(found: Found, at: datetime) -> bool:
    evaluate_alerts([found.number], actor=ACTOR, at=at)
    return Decision.objects.filter(alert_id=found.number).exists()


def _group(found: Found, at: datetime) -> bool:
    group = AlertGroup.objects.get(pk=found.number)
    latest = Escalation.objects.filter(about=group.subject).order_by("-id").first()
    if group.state != "triggered":
        return False
    if latest is not None and latest.epoch >= group.epoch and latest.state == "stopped":
        return ladders.resume_escalation(latest.pk, actor=ACTOR, at=at)
    ladders.escalate_groups([group.pk], actor=ACTOR, at=at)
    return True


def _call(found: Found, at: datetime) -> bool:
    return ladders.escalate_call(found.number, actor=ACTOR, at=at)


def _incident(found: Found, at: datetime) -> bool:
    return bool(ladders.mobilize_incident(found.number, actor=ACTOR, at=at))


def _without_time(found: Found, at: datetime) -> bool:
    return ladders.resume_escalation(found.number, actor=ACTOR, at=at)


def _without_page(found: Found, at: datetime) -> bool:
    facts = found.facts
    people = [int(person) for person in facts["people"]]
    return ladders.page_missed(found.number, facts["round"], facts["step"], people, actor=ACTOR, at=at)


def _failed(found: Found, at: datetime) -> bool:
    row = Escalation.objects.filter(pk=found.number)
    before = row.values_list("last_event_id", flat=True).get()
    ladders.hasten_after_failure(int(found.facts["delivery"]), actor=ACTOR, at=at)
    return row.exclude(last_event_id=before).exists()


def _without_message(found: Found, at: datetime) -> bool:
    return queue_missing_messages(found.number, actor=ACTOR, at=at)


def _forgotten(found: Found, at: datetime) -> bool:
    return release_delivery(found.number, int(found.facts["fence"]), actor=ACTOR, at=at)


_ROWS: Mapping[Check, Repair] = {
    Check.ALERT_UNDECIDED: _alert,
    Check.GROUP_NOT_PAGED: _group,
    Check.CALL_NOT_PAGED: _call,
    Check.INCIDENT_NOT_CALLED: _incident,
    Check.STEP_WITHOUT_TIME: _without_time,
    Check.STEP_WITHOUT_PAGE: _without_page,
    Check.STEP_FAILED: _failed,
    Check.PAGE_WITHOUT_MESSAGE: _without_message,
    Check.MESSAGE_FORGOTTEN: _forgotten,
}


def _wake() -> int:
    return wake_due_groups() + decide_again() + ask_again()


WORKS: Mapping[Check, DueWork] = {
    Check.STEP_OVERDUE: climb_due_escalations,
    Check.WAKE_OVERDUE: _wake,
    Check.EVENTS_UNSEALED: seal_batch,
    Check.REACTIONS_BEHIND: react,
    Check.PARKED_OVERDUE: retry_due_parked,
}
"""The engine's work that needs nothing from outside; messages need channels, see `due`."""
