"""The sentences of escalation's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.mobilize.escalation.reasons import Escalate

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Escalate.POLICY_NOT_FOUND: (404, _("There is no such escalation policy.")),
    Escalate.HANDLE_TAKEN: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    Escalate.HANDLE_INVALID: (422, _("%(handle)s is no handle: use a-z, 0-9 and -, at most 63 characters.")),
    Escalate.SPEC_INVALID: (422, _("The policy cannot hold at %(path)s: %(why)s")),
    Escalate.IN_USE: (409, _("The policy is used by %(by)s. Change that first.")),
    Escalate.TARGET_UNKNOWN: (
        422,
        _("There is no %(target)s. Write it like person:ana or schedule:payments."),
    ),
    Escalate.NOT_PAGED_YET: (409, _("This alert waits to be evaluated. Try again in a moment.")),
}
