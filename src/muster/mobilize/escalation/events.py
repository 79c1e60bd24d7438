"""Event kinds of escalation."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.core.escalation_life import HastenReason
from muster.foundation.timeline.kinds import Kind


def _hastened(payload: Mapping[str, Any]) -> str:
    if payload.get("by_hand"):
        return _("asked for the next step at once")
    if payload.get("reason") == HastenReason.SEV1:
        return _("waits for no hours any more: its incident became a SEV1")
    return _("made the next step due at once: nobody could be reached")


KINDS = (
    Kind("policy.added", lambda p: _("made the escalation policy %(handle)s") % p, "list-ordered"),
    Kind("policy.changed", lambda p: _("changed the escalation policy"), "list-ordered"),
    Kind("policy.retired", lambda p: _("retired the escalation policy"), "list-x"),
    Kind("policy.restored", lambda p: _("put the escalation policy back in use"), "list-ordered"),
    Kind("policy.turn_passed", lambda p: _("went on to the next in turn: %(people)s") % p, "list-ordered"),
    Kind("policy_version.published", lambda p: _("published a version of the policy"), "list-ordered"),
    Kind(
        "escalation.started",
        lambda p: _("waits until working hours open") if p.get("held_until") else _("began to page"),
        "bell-ring",
    ),
    Kind(
        "escalation.step_started",
        lambda p: (
            _("paged step %(step)s: %(people)s") % p
            if p["people"]
            else _("began step %(step)s, which pages nobody") % p
        ),
        "arrow-up",
    ),
    Kind("escalation.held", lambda p: _("waits until somebody is on call"), "clock"),
    Kind("escalation.answered", lambda p: _("acknowledged; others must too"), "check"),
    Kind("escalation.exhausted", lambda p: _("paged the fallback: nobody answered"), "triangle-alert"),
    Kind(
        "escalation.hastened",
        _hastened,
        "fast-forward",
    ),
    Kind("escalation.restarted", lambda p: _("pages again from the first step"), "rotate-ccw"),
    Kind(
        "escalation.postponed", lambda p: _("could not take the next step and tries again"), "triangle-alert"
    ),
    Kind("escalation.resumed", lambda p: _("climbs on: the auditor found it standing"), "wrench"),
    Kind("escalation.shifted", lambda p: _("moved its next step with the clock"), "clock-alert"),
    Kind("escalation.stopped", lambda p: _("pages nobody further"), "bell-off"),
    Kind("responder.notified", lambda p: _("was called to the incident"), "phone-outgoing"),
    Kind("responder.acknowledged", lambda p: _("is coming"), "phone-incoming"),
    Kind("responder.joined", lambda p: _("joined"), "log-in"),
    Kind("responder.ready", lambda p: _("is ready to work"), "check"),
    Kind("responder.left", lambda p: _("left"), "log-out"),
)
