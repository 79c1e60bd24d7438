"""The sentences of evaluate's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.phases import PhaseRefusal
from muster.core.silence import SilenceRefusal
from muster.evaluate.reasons import Evaluate

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Evaluate.GROUP_NOT_FOUND: (404, _("There is no such group of alerts, or it is not yours to see.")),
    Evaluate.INCIDENT_NOT_FOUND: (404, _("There is no such incident, or it is not yours to see.")),
    Evaluate.SILENCE_NOT_FOUND: (404, _("There is no such silence.")),
    Evaluate.ROUTE_NOT_FOUND: (404, _("There is no such route.")),
    Evaluate.BAD_MATCHER: (422, _('%(written)s is no matcher. Write it like severity="critical".')),
    Evaluate.TITLE_NEEDED: (422, _("Say in a few words what you see.")),
    Evaluate.SERVICE_UNKNOWN: (422, _("There is no service %(service)s in use.")),
    Evaluate.SEVERITY_UNKNOWN: (422, _("The Standard has no severity %(severity)s. It has: %(known)s.")),
    Evaluate.ALERT_HAS_INCIDENT: (409, _("This alert belongs to %(incident)s already.")),
    Evaluate.HANDLE_TAKEN: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    SilenceRefusal.NO_MATCHER: (422, _("Say what to silence: at least one matcher.")),
    SilenceRefusal.MATCHES_EVERYTHING: (422, _("This would silence everything. Narrow it down.")),
    SilenceRefusal.NO_REASON: (422, _("Say why: whoever looks for the missing page will read it.")),
    SilenceRefusal.ENDS_BEFORE_IT_STARTS: (422, _("It ends before it starts.")),
    SilenceRefusal.ENDS_IN_THE_PAST: (422, _("It ends in the past.")),
    SilenceRefusal.TOO_LONG: (422, _("A silence lasts at most %(longest_days)s days.")),
    PhaseRefusal.ALREADY_RESOLVED: (409, _("The incident is resolved already.")),
    PhaseRefusal.ALREADY_THERE: (409, _("The incident is in this phase already.")),
    PhaseRefusal.REASON_NEEDED: (
        422,
        _("Give a reason: this passes over a phase, steps back, or acts for somebody."),
    ),
    PhaseRefusal.GATE_CLOSED: (409, _("Not yet: some conditions for resolving are not met.")),
    PhaseRefusal.ONLY_BY_RESOLVING: (409, _("An incident enters this phase only by being resolved.")),
    PhaseRefusal.ONLY_BY_REOPENING: (409, _("The incident is over. Reopen it first.")),
    PhaseRefusal.ONLY_THE_COMMANDER: (403, _("Only the incident commander declares it resolved.")),
    PhaseRefusal.PHASE_SKIPPED: (409, _("The Standard skips this phase for this severity.")),
    PhaseRefusal.NOT_RESOLVED: (409, _("The incident is not resolved.")),
    PhaseRefusal.OVER: (409, _("The incident is over.")),
    PhaseRefusal.NOT_CLOSED_YET: (409, _("Something is still owed before it can be closed.")),
    PhaseRefusal.MAJOR_IS_WORKED_CONTINUOUSLY: (
        409,
        _("A major incident is worked on until it is resolved."),
    ),
    PhaseRefusal.SEVERITY_HAS_NO_BACKLOG: (
        409,
        _("An incident of this severity does not go to the backlog."),
    ),
    PhaseRefusal.INTO_ITSELF: (422, _("An incident cannot be merged into itself.")),
}
