"""What detect's reasons say to people: refusals, and why a signal became what it became."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.heartbeats import Down, HeartbeatRefusal, PingKind, Standing
from muster.core.intake import Disposition, EndReason, IntakeReason
from muster.core.letters import Aside
from muster.core.lifecycle import AlertState, Refusal
from muster.core.traffic import Doing
from muster.detect.reasons import Detect

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Detect.ALERT_NOT_FOUND: (404, _("There is no such alert, or it is not yours to see.")),
    Detect.ALERT_UNCHANGED: (409, _("The alert says all this already.")),
    Detect.INTEGRATION_NOT_FOUND: (404, _("There is no such integration.")),
    Detect.INTEGRATION_KIND: (
        422,
        _("This version knows no integration of kind %(kind)s. It knows: %(known)s."),
    ),
    Detect.KIND_IS_FOR_EVER: (
        409,
        _("%(handle)s is of kind %(kind)s for ever. Make another integration for another kind."),
    ),
    Detect.MAPPING_NOT_READ: (422, _("An integration of kind %(kind)s takes no mapping.")),
    Detect.MAPPING_INVALID: (422, _("The mapping cannot be used: %(why)s.")),
    Detect.MAPPING_CHANGED: (
        409,
        _("Somebody saved version %(version)s of this mapping meanwhile. Look at it, then save again."),
    ),
    Detect.MARK_UNKNOWN: (
        422,
        _("%(field)s is the mark of a secret that is not stored here: write the secret."),
    ),
    Detect.CHANGE_UNSAID: (422, _("Say what was changed, in one line.")),
    Detect.INTEGRATION_RETIRED: (409, _("%(handle)s is disconnected. Connect it again first.")),
    Detect.DOOR_UNKNOWN: (422, _("It has no door %(door)s. It has: %(known)s.")),
    Detect.KEY_UNKNOWN: (401, _("This integration key is unknown or revoked.")),
    Detect.SERVICE_RETIRED: (409, _("The service %(service)s is retired. Choose one in use.")),
    Detect.HEARTBEAT_NOT_FOUND: (404, _("There is no such heartbeat.")),
    Detect.HEARTBEAT_NAME_TAKEN: (409, _("%(service)s has a heartbeat of the name %(name)s already.")),
    Detect.HEARTBEAT_RETIRED: (409, _("%(handle)s is retired. Bring it back first.")),
    Detect.GRACE_UNREADABLE: (422, _("%(grace)s is no grace; write it like 5m, 1h or 1d.")),
    Detect.SEVERITY_UNKNOWN: (
        422,
        _("%(severity)s is no severity of an alert: choose critical, error, warning or info."),
    ),
    HeartbeatRefusal.SCHEDULE_UNREADABLE: (
        422,
        _("%(schedule)s is no schedule: write 15m, 1h, 1d, or five fields as in cron, such as 0 3 * * *."),
    ),
    HeartbeatRefusal.SCHEDULE_TOO_SHORT: (422, _("A job is expected once a minute at most.")),
    HeartbeatRefusal.SCHEDULE_TOO_LONG: (422, _("A job is expected once a year at least.")),
    HeartbeatRefusal.SCHEDULE_NEVER: (422, _("%(schedule)s never comes.")),
    HeartbeatRefusal.ZONE_UNKNOWN: (
        422,
        _("%(timezone)s is no time zone; write it like Europe/Madrid."),
    ),
    HeartbeatRefusal.GRACE_OUT_OF_RANGE: (422, _("A grace lasts from 0s to 365d, in whole seconds.")),
    Refusal.ALREADY_ACKNOWLEDGED: (409, _("%(by)s acknowledged this already, at %(at)s.")),
    Refusal.ALREADY_RESOLVED: (409, _("This is resolved already.")),
    Refusal.NOT_ACKNOWLEDGED: (409, _("Nobody has acknowledged this.")),
    Refusal.NOT_SNOOZED: (409, _("This is not snoozed.")),
    Refusal.GROUP_OF_OTHERS: (
        409,
        _("%(group)s holds alerts of other senders too. Somebody who may see all of it must do this."),
    ),
    Refusal.SNOOZE_IN_THE_PAST: (422, _("Snooze until a time that is still to come.")),
}

STANDINGS: Mapping[Standing, Any] = {
    Standing.NEW: _("never reported"),
    Standing.UP: _("up"),
    Standing.LATE: _("late"),
    Standing.DOWN: _("down"),
    Standing.PAUSED: _("paused"),
}
"""How a heartbeat stands."""

DOWN: Mapping[Down, Any] = {
    Down.SILENT: _("it did not report in time"),
    Down.UNFINISHED: _("its run did not end in time"),
    Down.FAILED: _("it reported a failure"),
}
"""Why a heartbeat is down."""

PINGS: Mapping[PingKind, Any] = {
    PingKind.SUCCESS: _("reported"),
    PingKind.START: _("began a run"),
    PingKind.FAIL: _("failed"),
    PingKind.LOG: _("said"),
}
"""What a job says of itself."""

STATES: Mapping[AlertState, Any] = {
    AlertState.TRIGGERED: _("triggered"),
    AlertState.ACKNOWLEDGED: _("acknowledged"),
    AlertState.RESOLVED: _("resolved"),
}
"""Where an alert or a group stands."""

DISPOSITIONS: Mapping[Disposition, Any] = {
    Disposition.OPENED: _("opened an alert"),
    Disposition.MERGED: _("joined an open alert"),
    Disposition.ACKNOWLEDGED: _("acknowledged an alert"),
    Disposition.RESOLVED: _("resolved an alert"),
    Disposition.NOTED: _("was noted on its service"),
    Disposition.REJECTED: _("changed nothing"),
    Disposition.SUPPRESSED: _("pages nobody"),
    Disposition.UNREADABLE: _("could not be read"),
}
"""What became of a signal."""

INTAKE: Mapping[IntakeReason, Any] = {
    IntakeReason.FIRST: _("nothing with this key was open"),
    IntakeReason.FIRED_AGAIN: _("it fired again"),
    IntakeReason.ALREADY_OPEN: _("an alert with this key is open already"),
    IntakeReason.ACKNOWLEDGED_BY_SENDER: _("its sender acknowledged it"),
    IntakeReason.ALREADY_ACKNOWLEDGED: _("it was acknowledged already"),
    IntakeReason.RESOLVED_BY_SENDER: _("its sender resolved it"),
    IntakeReason.NOTHING_OPEN: _("nothing with this key was open"),
    IntakeReason.STALE_RESOLVE: _("it resolves an earlier firing, and a later one is open"),
    IntakeReason.CHANGE_NOTED: _("it tells of a change, not of trouble"),
    IntakeReason.DROPPED_BY_RULE: _("a rule drops it"),
    IntakeReason.NOT_JSON: _("it is not JSON"),
    IntakeReason.NOT_UNDERSTOOD: _("something in it is missing or wrong"),
    IntakeReason.TOO_LARGE: _("it is larger than this door takes"),
    IntakeReason.CANNOT_BE_STORED: _("it holds a value that the database refuses"),
}
"""Why a signal became what it became."""

ASIDE: Mapping[Aside, Any] = {
    Aside.ASTRAY: _("it is written to no address of an integration: compare its address with the key"),
    Aside.HEADERS_TOO_LARGE: _("its headers are larger than 100 KB"),
    Aside.FAILED: _("it could not be read, again and again. The log of muster worker says why"),
}
"""Why a letter in a mailbox waits for a person."""

ENDINGS: Mapping[str, Any] = {
    EndReason.NOT_REPEATED: _("its sender does not repeat it"),
}
"""Why an alert ended of itself."""

DOING: Mapping[Doing, Any] = {
    Doing.QUIET: _("gone quiet"),
    Doing.WRONG: _("sends what cannot be read"),
    Doing.NEVER: _("never heard from"),
    Doing.SENDING: _("as usual"),
    Doing.OFF: _("disconnected"),
}
"""How an integration stands."""

MENDING: Mapping[IntakeReason, Any] = {
    IntakeReason.NOT_JSON: _(
        "Send one complete JSON document in UTF-8; a quote within a text needs a backslash."
    ),
    IntakeReason.NOT_UNDERSTOOD: _("Change the sender's template so that what is named here is there."),
    IntakeReason.TOO_LARGE: _("Send less: leave long texts and details out of the sender's template."),
    IntakeReason.CANNOT_BE_STORED: _("Look for a number or a character that no database can hold."),
}
"""What to change in a sender whose payload could not be read."""

_HOW: Mapping[str, Any] = {one.value: said for one, said in DISPOSITIONS.items()}
_WHY: Mapping[str, Any] = {one.value: said for one, said in INTAKE.items()}


def became(disposition: str, reason: str) -> str:
    """What became of a signal, and why, as they are stored."""
    return f"{_HOW.get(disposition, disposition)}: {_WHY.get(reason, reason)}"
