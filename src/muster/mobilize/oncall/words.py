"""What on-call's reasons say to people: refusals, why somebody is on call, what is wrong with a form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

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
    FormReason.STANDS_ALONE: _("a policy stands alone in its step"),
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
