"""Event kinds of detect, worded when they are read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.core.heartbeats import Down
from muster.core.signals import Action
from muster.detect.words import ENDINGS
from muster.foundation.timeline.kinds import Kind


def _missed(payload: Mapping[str, Any]) -> str:
    if payload.get("reason") == Down.UNFINISHED:
        return _("saw that a run did not end in time")
    return _("saw that no report came in time")


def _resolved(payload: Mapping[str, Any]) -> str:
    why = payload.get("why") or ENDINGS.get(payload.get("reason", ""))
    return _("resolved the alert: %(why)s") % {"why": why} if why else _("resolved the alert")


def _tested(payload: Mapping[str, Any]) -> str:
    if payload.get("action") == Action.RESOLVE:
        return _("ended the test signal")
    return _("sent a test signal")


KINDS = (
    Kind("integration.added", lambda p: _("connected %(handle)s (%(kind)s)") % p, "plug"),
    Kind("integration.changed", lambda p: _("changed the integration"), "plug"),
    Kind("integration.key_rotated", lambda p: _("made a new key; the old one works for 24 hours"), "key"),
    Kind("integration.retired", lambda p: _("disconnected the integration"), "unplug"),
    Kind("integration.restored", lambda p: _("connected the integration again"), "plug"),
    Kind("integration.tested", _tested, "send"),
    Kind("heartbeat.added", lambda p: _("expects %(name)s to report: %(schedule)s") % p, "heart-pulse"),
    Kind("heartbeat.changed", lambda p: _("changed the heartbeat"), "heart-pulse"),
    Kind("heartbeat.began", lambda p: _("reported for the first time"), "heart-pulse"),
    Kind("heartbeat.missed", _missed, "clock-alert"),
    Kind("heartbeat.failed", lambda p: _("reported a failure"), "circle-x"),
    Kind("heartbeat.recovered", lambda p: _("reported again"), "heart-pulse"),
    Kind("heartbeat.paused", lambda p: _("paused the heartbeat"), "moon"),
    Kind("heartbeat.resumed", lambda p: _("resumed the heartbeat"), "play"),
    Kind("heartbeat.retired", lambda p: _("retired the heartbeat"), "archive"),
    Kind("heartbeat.restored", lambda p: _("brought the heartbeat back"), "rotate-ccw"),
    Kind("alert.opened", lambda p: _("raised the alert: %(summary)s") % p, "bell"),
    Kind("alert.worsened", lambda p: _("raised its severity from %(from)s to %(to)s") % p, "trending-up"),
    Kind("alert.changed", lambda p: _("changed what the alert says"), "pencil"),
    Kind("alert.noted", lambda p: _("wrote: %(note)s") % p, "message-square"),
    Kind("alert.withdrawn", lambda p: _("was deleted by its sender; Muster keeps it"), "trash-2"),
    Kind("alert.routed", lambda p: _("was sent to another service"), "route"),
    Kind("alert.suppressed", lambda p: _("was held back: %(by)s") % p, "bell-off"),
    Kind("alert.released", lambda p: _("is no longer held back"), "bell"),
    Kind("alert.acknowledged", lambda p: _("acknowledged the alert"), "check"),
    Kind("alert.unacknowledged", lambda p: _("gave the alert back"), "undo-2"),
    Kind("alert.acknowledgement_timed_out", lambda p: _("was acknowledged, then forgotten"), "alarm-clock"),
    Kind("alert.snoozed", lambda p: _("snoozed the alert"), "moon"),
    Kind("alert.woken", lambda p: _("woke from its snooze"), "alarm-clock"),
    Kind("alert.retriggered", lambda p: _("raised the alert afresh"), "bell-ring"),
    Kind("alert.resolved", _resolved, "circle-check"),
    Kind("change.noted", lambda p: _("told of a change: %(summary)s") % p, "git-merge"),
    Kind("signal_day.dropped", lambda p: _("dropped %(signals)s old signals (%(part)s)") % p, "eraser"),
)
