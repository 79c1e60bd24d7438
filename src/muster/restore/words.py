"""The words of the gate and of restore's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.gate import CloseCheck, GateCheck, GateWhy
from muster.restore.reasons import Restore

CHECK_WORDS: Mapping[str, Any] = {
    GateCheck.SYSTEM_STABLE: _("The system is stable"),
    GateCheck.IMPACT_CEASED: _("The impact has ceased"),
    GateCheck.ALERTS_CLEARED: _("The alerts have cleared"),
    GateCheck.METRICS_CONFIRM: _("Metrics confirm the recovery"),
    GateCheck.CUSTOMERS_TOLD: _("Customers have been told"),
    GateCheck.TIMELINE_DOCUMENTED: _("The timeline is documented"),
    GateCheck.POSTMORTEM_SCHEDULED: _("The postmortem is scheduled"),
    CloseCheck.POSTMORTEM_DRAFT: _("The postmortem has a draft"),
    CloseCheck.POSTMORTEM_DONE: _("The postmortem is finished"),
    CloseCheck.REVIEW_MEETING: _("The review meeting was held"),
    CloseCheck.ACTION_ITEMS_CREATED: _("Action items are written"),
    CloseCheck.ACTION_ITEMS_COMPLETED: _("Action items are done"),
}

WHY_WORDS: Mapping[str, Any] = {
    GateWhy.SAID_SO: _("stated"),
    GateWhy.NO_ALERTS: _("no alert is linked"),
    GateWhy.ALL_RESOLVED: _("every linked alert is resolved"),
    GateWhy.REASON_GIVEN: _("open, with a reason"),
    GateWhy.TOLD: _("told after the impact stopped"),
    GateWhy.NOT_PUBLIC: _("no status page is affected"),
    GateWhy.DOCUMENTED: _("people wrote it down"),
    GateWhy.SCHEDULED: _("scheduled"),
    GateWhy.NOT_REQUIRED: _("not required at this severity"),
    GateWhy.DONE: _("done"),
    GateWhy.WAIVED: _("excused"),
    GateWhy.NOT_SAID: _("nobody stated it"),
    GateWhy.ALERTS_OPEN: _("linked alerts are open: resolve them, or say why they may stay"),
    GateWhy.NOT_TOLD: _("no external update since the impact stopped"),
    GateWhy.NOT_DOCUMENTED: _("nobody wrote anything down"),
    GateWhy.NOT_SCHEDULED: _("not scheduled"),
    GateWhy.NOT_DONE: _("not done"),
}


REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Restore.CHECK_UNKNOWN: (422, _("The gate has no check %(check)s. It has: %(known)s.")),
    Restore.READ_FROM_ROWS: (422, _("Whether alerts have cleared is read from the alerts themselves.")),
    Restore.TARGET_OVER: (409, _("%(into)s is over. Merge into an incident that is open.")),
}
