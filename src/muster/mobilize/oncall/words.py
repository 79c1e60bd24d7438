"""The sentences of on-call's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.mobilize.oncall.reasons import OnCall

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    OnCall.SCHEDULE_NOT_FOUND: (404, _("There is no such schedule.")),
    OnCall.HANDLE_TAKEN: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    OnCall.HANDLE_INVALID: (422, _("%(handle)s is no handle: use a-z, 0-9 and -, at most 63 characters.")),
    OnCall.SPEC_INVALID: (422, _("The schedule cannot hold at %(path)s: %(why)s")),
    OnCall.PAST: (409, _("This override is over. What has been never changes.")),
    OnCall.IN_USE: (409, _("The schedule is used by %(by)s. Change that first.")),
}
