"""What on-call's reasons say to people: refusals, why somebody is on call, what is wrong with a form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.cover import CoverReason
from muster.core.oncall import Why
from muster.core.plain_form import FormReason
from muster.mobilize.oncall.reasons import OnCall

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    OnCall.SCHEDULE_NOT_FOUND: (404, _("There is no such schedule.")),
    OnCall.OVERRIDE_NOT_FOUND: (404, _("There is no such override.")),
    OnCall.TIMEZONE_NEEDED: (
        422,
        _("A new schedule needs a timezone, like Europe/Madrid, unless its team has one."),
    ),
    OnCall.SPEC_INVALID: (422, _("%(path)s of the schedule cannot hold: %(why)s.")),
    OnCall.PAST: (409, _("This override is over. What has been never changes.")),
    OnCall.SPAN_TOO_LONG: (422, _("Ask for at most %(days)s days at once, from earlier to later.")),
    OnCall.NOBODY_TO_ASK: (404, _("There is nobody of that name to ask.")),
    OnCall.NOTE_TOO_LONG: (422, _("A note has between 1 and %(limit)s characters.")),
    OnCall.COVER_NOT_FOUND: (404, _("There is no such request.")),
    OnCall.LEAVE_NOT_FOUND: (404, _("There is no such leave.")),
    OnCall.LEAVE_BACKWARDS: (422, _("It ends before it starts.")),
    OnCall.CALENDAR_ADDRESS: (422, _("That is no web address that Muster may read.")),
    OnCall.FEED_NOT_FOUND: (404, _("There is no such calendar feed.")),
    CoverReason.NOT_YOURS: (403, _("This request is for somebody else to answer.")),
    CoverReason.NOT_ON_CALL: (409, _("You are not on call then, so there is nothing to give away.")),
    CoverReason.YOURSELF: (422, _("Ask somebody else than yourself.")),
    CoverReason.ENDED: (409, _("This request has ended.")),
    CoverReason.BACKWARDS: (422, _("It ends before it starts.")),
    CoverReason.OVER: (409, _("That time is over. What has been never changes.")),
    CoverReason.RETURN_NOT_THEIRS: (409, _("The other person is not on call in what you want in return.")),
}

FORM: Mapping[FormReason, Any] = {
    FormReason.MISSING: _("it is missing"),
    FormReason.UNKNOWN_KEY: _("there is no such key"),
    FormReason.NOT_A_LIST: _("it should be a list"),
    FormReason.NOT_AN_OBJECT: _("it should be an object with keys"),
    FormReason.NOT_READABLE: _("it cannot be read"),
    FormReason.OUT_OF_RANGE: _("it is too large or negative"),
    FormReason.EMPTY: _("it is empty"),
    FormReason.UNKNOWN_PERSON: _("there is nobody of that name"),
    FormReason.UNKNOWN_TARGET: _("there is no such target; write it like person:ana or schedule:payments"),
    FormReason.ENDS_BEFORE_IT_STARTS: _("it ends before it starts"),
}
"""What is wrong with one place of a schedule, a policy or contact rules."""

CAUSES: Mapping[Why, Any] = {
    Why.LAYER: _("by the rotation"),
    Why.OVERRIDE: _("by an override"),
    Why.NOBODY: _("nobody is on call"),
}
"""What puts somebody on call."""
