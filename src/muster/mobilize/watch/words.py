"""What the auditor's checks say to people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.watch import Check, Silent

CHECKS: Mapping[Check, Any] = {
    Check.ALERT_UNDECIDED: _("an alert was not decided about"),
    Check.GROUP_NOT_PAGED: _("nobody was being paged for alerts that wait for somebody"),
    Check.CALL_NOT_PAGED: _("somebody was called and not paged"),
    Check.INCIDENT_NOT_CALLED: _("an incident was declared and its people were not called"),
    Check.STEP_WITHOUT_TIME: _("an escalation had no time for its next step"),
    Check.STEP_OVERDUE: _("escalation steps were due and did not start"),
    Check.STEP_WITHOUT_PAGE: _("a step paged fewer people than it had found"),
    Check.STEP_FAILED: _("nobody of a step could be reached, and the next one waited"),
    Check.PAGE_WITHOUT_MESSAGE: _("a page had no message to send"),
    Check.MESSAGE_OVERDUE: _("messages were due and nobody sent them"),
    Check.MESSAGE_FORGOTTEN: _("a message was held by a sender that has gone"),
    Check.PAGE_NOT_THROUGH: _("a page gets through by no way"),
    Check.WAKE_OVERDUE: _("a snooze or an acknowledgement ran out, and nobody was asked again"),
    Check.EVENTS_UNSEALED: _("events waited for their place in the chain"),
    Check.REACTIONS_BEHIND: _("what follows from events did not follow"),
    Check.PARKED_OVERDUE: _("a reaction that had failed was not tried again"),
    Check.LOOP_STANDS: _("a thread of a worker stands still"),
}

SILENCES: Mapping[Silent, Any] = {
    Silent.NEVER_CLEAN: _("the auditor has not found everything well yet"),
    Silent.NOT_CLEAN_LATELY: _("the auditor has not found everything well lately"),
}


def said(check: str) -> str:
    """A check in words; one of a newer version by its name."""
    return str(CHECKS[Check(check)]) if check in set(Check) else check
