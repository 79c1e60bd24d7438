"""The sentences of detect's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.lifecycle import Refusal
from muster.detect.reasons import Detect

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Detect.ALERT_NOT_FOUND: (404, _("There is no such alert, or it is not yours to see.")),
    Detect.INTEGRATION_NOT_FOUND: (404, _("There is no such integration.")),
    Detect.INTEGRATION_KIND: (
        422,
        _("This version knows no integration of kind %(kind)s. It knows: %(known)s."),
    ),
    Detect.HANDLE_TAKEN: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    Detect.KEY_UNKNOWN: (401, _("This integration key is unknown or revoked.")),
    Detect.SERVICE_RETIRED: (409, _("The service %(service)s is retired. Choose one in use.")),
    Refusal.ALREADY_ACKNOWLEDGED: (409, _("Somebody has acknowledged this already.")),
    Refusal.ALREADY_RESOLVED: (409, _("This is resolved already.")),
    Refusal.NOT_ACKNOWLEDGED: (409, _("Nobody has acknowledged this.")),
    Refusal.NOT_SNOOZED: (409, _("This is not snoozed.")),
    Refusal.SNOOZE_IN_THE_PAST: (422, _("Snooze until a time that is still to come.")),
}
