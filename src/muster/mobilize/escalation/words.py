"""What escalation's reasons say to people: refusals, what a step finds, why nobody further is paged."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.escalation import EscalationState, HastenReason, StepReason, StopReason
from muster.mobilize.escalation.reasons import Escalate

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Escalate.POLICY_NOT_FOUND: (404, _("There is no such escalation policy.")),
    Escalate.SPEC_INVALID: (422, _("%(path)s of the policy cannot hold: %(why)s.")),
    Escalate.TARGET_UNKNOWN: (
        422,
        _("There is no %(target)s. Write it like person:ana or schedule:payments."),
    ),
    Escalate.NOT_PAGED_YET: (409, _("This alert waits to be evaluated. Try again in a moment.")),
    Escalate.HELD_BACK: (409, _("Nobody is paged for this alert: it is held back by %(by)s.")),
    Escalate.NOTHING_RUNS: (409, _("Nobody is being paged for this now. Page somebody by hand.")),
}

STEPS: Mapping[StepReason, Any] = {
    StepReason.ON_CALL: _("pages %(people)s"),
    StepReason.NOBODY_ON_CALL: _("nobody is on call, so what follows starts at once"),
    StepReason.NO_CONTACT_METHOD: _(
        "%(unreachable)s cannot be reached by any contact method, so what follows starts at once"
    ),
    StepReason.FALLBACK: _("nobody answered: the fallback is paged, %(people)s"),
    StepReason.FALLBACK_EMPTY: _("nobody answered, and the fallback is empty"),
}
"""What a step of the ladder finds."""

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
}
"""Why a step is due earlier than planned."""

STATES: Mapping[EscalationState, Any] = {
    EscalationState.RUNNING: _("paging"),
    EscalationState.STOPPED: _("stopped"),
    EscalationState.EXHAUSTED: _("at its end"),
}
"""Where an escalation stands."""
