"""What escalation's reasons say to people: refusals, what a step finds, why nobody further is paged."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.attendance import Attendance
from muster.core.escalation import EscalationState, StepReason
from muster.core.escalation_life import HastenReason, RestartReason, StopReason
from muster.core.policy_lint import Finding, Weakness
from muster.core.wallclock import format_duration
from muster.mobilize.escalation.reasons import Escalate

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Escalate.POLICY_NOT_FOUND: (404, _("There is no such escalation policy.")),
    Escalate.SPEC_INVALID: (422, _("%(path)s of the policy cannot hold: %(why)s.")),
    Escalate.GOES_IN_CIRCLES: (
        422,
        _("A policy that it goes on with leads back to it. Take one of the steps out."),
    ),
    Escalate.TOO_LONG: (422, _("With the policies that it names it has more than %(most)s steps.")),
    Escalate.CHANGED_MEANWHILE: (
        409,
        _("It was changed meanwhile: version %(version)s stands. Read it, then change it again."),
    ),
    Escalate.TARGET_UNKNOWN: (
        422,
        _("There is no %(target)s. Write it like person:ana or schedule:payments."),
    ),
    Escalate.NOT_PAGED_YET: (409, _("This alert waits to be evaluated. Try again in a moment.")),
    Escalate.HELD_BACK: (409, _("Nobody is paged for this alert: it is held back by %(by)s.")),
    Escalate.TOO_MANY: (422, _("At most %(most)s at once. Send the others in another request.")),
    Escalate.NOTHING_RUNS: (409, _("Nobody is being paged for this now. Page somebody by hand.")),
}

STEPS: Mapping[StepReason, Any] = {
    StepReason.ON_CALL: _("pages %(people)s"),
    StepReason.NOBODY_ON_CALL: _("nobody is on call, so what follows starts at once"),
    StepReason.NO_CONTACT_METHOD: _(
        "%(unreachable)s cannot be reached by any contact method, so what follows starts at once"
    ),
    StepReason.EVERYBODY_AWAY: _("%(away)s is on leave, so what follows starts at once"),
    StepReason.UNTIL_COVERED: _("nobody is on call: held until somebody is"),
    StepReason.ALL_ANSWERED: _("everybody of this step has acknowledged"),
    StepReason.POSTED: _("tells %(targets)s, which reaches nobody"),
    StepReason.FALLBACK: _("nobody answered: the fallback is paged, %(people)s"),
    StepReason.FALLBACK_EMPTY: _("nobody answered, and the fallback is empty"),
}
"""What a step of the ladder finds."""

WEAKNESSES: Mapping[Weakness, Any] = {
    Weakness.NO_STEPS: _("It has no step: only the organisation's fallback is paged. Add a step."),
    Weakness.NOBODY: _("Step %(step)s finds nobody now. Give its schedule or team somebody."),
    Weakness.UNREACHABLE: _(
        "Step %(step)s passes over %(people)s: no proved contact method. Ask them to add one."
    ),
    Weakness.GAP: _("Nobody is on call in %(schedule)s from %(at)s. Fill the gap or add a layer."),
    Weakness.ONE_PERSON: _("Every step pages %(people)s alone. Add a second person."),
    Weakness.SECOND_TOO_LATE: _(
        "The second step comes %(reached)s after the first page; the Standard wants it within %(wanted)s."
    ),
    Weakness.MANAGER_TOO_LATE: _(
        "A manager is paged %(reached)s after the first page; the Standard wants it within %(wanted)s."
    ),
    Weakness.GOES_NOWHERE: _("Step %(step)s goes on with a policy that is not there any more."),
    Weakness.ONLY_WEBHOOKS: _(
        "It tells webhooks alone, so nobody hears of it before the organisation's fallback. Name somebody."
    ),
    Weakness.TURNS_OF_ONE: _("Step %(step)s goes in turn, and names one person. Name those who share it."),
    Weakness.ALL_OF_ONE: _("In step %(step)s all must acknowledge, and it names one person."),
    Weakness.HOLDS_NOTHING: _("Step %(step)s is held until somebody is on call, and names no schedule."),
    Weakness.FALLBACK_EMPTY: _("Nobody is the organisation's fallback. Name somebody in the settings."),
}
"""Where a policy would let somebody down, and what to change."""


_NEVER: Mapping[Weakness, Any] = {
    Weakness.SECOND_TOO_LATE: _("There is no second step; the Standard wants one within %(wanted)s."),
    Weakness.MANAGER_TOO_LATE: _("No manager is ever paged; the Standard wants one within %(wanted)s."),
}


def weakness(finding: Finding, names: Mapping[object, str]) -> str:
    """A finding as a sentence; `names` are people's names by number."""
    facts = {key: _said(value, names) for key, value in finding.detail}
    is_never = dict(finding.detail).get("reached", timedelta(0)) is None
    words = _NEVER if is_never else WEAKNESSES
    return str(words[finding.weakness] % (facts | {"step": finding.step}))


def _said(value: object, names: Mapping[object, str]) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, tuple):
        return ", ".join(names.get(one, str(one)) for one in value)
    return str(value)


STOPPED: Mapping[StopReason, Any] = {
    StopReason.ACKNOWLEDGED: _("somebody acknowledged"),
    StopReason.SNOOZED: _("somebody snoozed it"),
    StopReason.RESOLVED: _("it was resolved"),
    StopReason.SUPPRESSED: _("it is held back"),
    StopReason.REASSIGNED: _("somebody else was asked"),
    StopReason.DECLARED: _("an incident was declared"),
    StopReason.MERGED: _("its incident was merged into another"),
    StopReason.DISMISSED: _("its incident was dismissed"),
}
"""Why nobody further is paged."""

HASTENED: Mapping[HastenReason, Any] = {
    HastenReason.PAGES_FAILED: _("nobody of the step before could be reached"),
    HastenReason.SEV1: _("its incident became a SEV1, which waits for no hours"),
}
"""Why a step is due earlier than planned."""

RESTARTED: Mapping[RestartReason, Any] = {
    RestartReason.WORSE: _("its incident became worse"),
}
"""Why people are paged afresh from the first step."""

ATTENDANCE: Mapping[Attendance, Any] = {
    Attendance.ACKNOWLEDGED: _("Somebody acknowledged it in time."),
    Attendance.ESCALATED: _("Others were asked in time."),
    Attendance.OVER_IN_TIME: _("It was over before anybody had to answer."),
    Attendance.NOT_OWED_YET: _("There is time yet."),
    Attendance.LATE: _("Somebody acknowledged it, or others were asked, too late."),
    Attendance.OVER_UNSEEN: _("It ended by itself, and nobody had looked at it."),
    Attendance.NOBODY: _("Nobody has it, and nobody further was asked."),
    Attendance.AT_THE_END: _("The ladder has ended, and nobody has it."),
}
"""What became of an alert that paged people."""

STATES: Mapping[EscalationState, Any] = {
    EscalationState.RUNNING: _("paging"),
    EscalationState.STOPPED: _("stopped"),
    EscalationState.EXHAUSTED: _("at its end"),
}
"""Where an escalation stands."""

HELD = _("held until working hours open")
"""Where one stands that has not begun because what it is about can wait."""
