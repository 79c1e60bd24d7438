"""Event kinds of evaluate, worded when they are read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.evaluate.words import FEEDBACK_SAID
from muster.foundation.timeline.kinds import Kind, Sensitivity


def _because(sentence: str, facts: Mapping[str, Any]) -> str:
    """A sentence with the reason, where somebody gave one."""
    return f"{sentence}: {facts['why']}" if facts.get("why") else sentence


def _said(facts: Mapping[str, Any]) -> str:
    """What somebody said of an alert, and where they say it belongs."""
    said = str(FEEDBACK_SAID.get(facts["said"], facts["said"]))
    return f"{said}: {facts['service']}" if facts.get("service") else said


def _named(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts, with the name that it has now where the name was changed."""
    name = payload.get("name")
    return {"name": name["after"] if isinstance(name, dict) else name}


def _resolved(payload: Mapping[str, Any]) -> str:
    if payload.get("why"):
        return _("resolved the alerts: %(why)s") % payload
    return _("closed the group: all its alerts are resolved")


KINDS = (
    Kind("alert_decision.made", lambda p: _("decided: %(outcome)s") % p, "split"),
    Kind("alert_decision.remade", lambda p: _("decided anew: %(outcome)s") % p, "split"),
    Kind("alert_decision.closed", lambda p: _("has nothing left to decide: the alert was resolved"), "split"),
    Kind("alert_feedback.given", _said, "message-square"),
    Kind(
        "alert_feedback.withdrawn",
        lambda p: _("took back what they had said of the alert"),
        "message-square",
    ),
    Kind("group.opened", lambda p: _("began a group of alerts"), "layers"),
    Kind("group.member_joined", lambda p: _("added an alert to the group"), "layers"),
    Kind("group.acknowledged", lambda p: _("acknowledged the alerts"), "check"),
    Kind("group.unacknowledged", lambda p: _("gave the alerts back"), "undo-2"),
    Kind(
        "group.acknowledgement_timed_out",
        lambda p: _("acknowledged, then forgotten: paging again"),
        "alarm-clock",
    ),
    Kind("group.snoozed", lambda p: _("snoozed the alerts"), "moon"),
    Kind("group.woken", lambda p: _("ended the snooze"), "alarm-clock"),
    Kind(
        "group.worsened",
        lambda p: _("became urgent: people are paged again from the first step"),
        "bell-ring",
    ),
    Kind("group.retriggered", lambda p: _("raised the alerts afresh"), "bell-ring"),
    Kind("group.reassigned", lambda p: _("asked somebody else"), "user"),
    Kind("group.held", lambda p: _("has nothing left to page for: all of it is held back"), "bell-off"),
    Kind("group.released", lambda p: _("is held back no more: people are paged afresh"), "bell-ring"),
    Kind("group.resolved", _resolved, "circle-check"),
    Kind("group.linked", lambda p: _("attached the alerts to INC-%(incident)s") % p, "link"),
    Kind("group.unlinked", lambda p: _("detached the alerts from their incident"), "unlink"),
    Kind("alert_view.saved", lambda p: _("saved the view %(name)s") % p, "bookmark"),
    Kind("alert_view.changed", lambda p: _("changed the view %(name)s") % _named(p), "bookmark"),
    Kind("alert_view.retired", lambda p: _("deleted the view %(name)s") % p, "archive"),
    Kind("alert_view.restored", lambda p: _("brought the view %(name)s back") % p, "bookmark"),
    Kind("silence.created", lambda p: _("silenced what matches, because: %(why)s") % p, "bell-off"),
    Kind("silence.ended", lambda p: _("ended a silence"), "bell"),
    Kind("silence.end_moved", lambda p: _("moved the end of a silence"), "bell-off"),
    Kind("silence.restored", lambda p: _("let a silence that was ended go on"), "bell-off"),
    Kind("rule.added", lambda p: _because(_("made the rule %(handle)s") % p, p), "split"),
    Kind("rule.changed", lambda p: _because(_("changed the rule %(handle)s") % p, p), "split"),
    Kind("rule.retired", lambda p: _because(_("retired the rule %(handle)s") % p, p), "archive"),
    Kind("rule.restored", lambda p: _("put the rule %(handle)s back in use") % p, "split"),
    Kind("rule.end_moved", lambda p: _("moved the end of the work of %(handle)s") % p, "wrench"),
    Kind("route.added", lambda p: _("added the route %(handle)s") % p, "route"),
    Kind("route.changed", lambda p: _("changed a route"), "route"),
    Kind("route.retired", lambda p: _("retired a route"), "route"),
    Kind(
        "incident.declared",
        lambda p: _("declared the incident as %(severity)s: %(title)s") % p,
        "siren",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.renamed",
        lambda p: _("renamed the incident: %(title)s") % p,
        "pencil",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.severity_changed",
        lambda p: _because(_("changed the severity from %(before)s to %(after)s") % p, p),
        "gauge",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.impact_changed", lambda p: _("changed what is affected"), "target", Sensitivity.STAKEHOLDER
    ),
    Kind("incident.flagged", lambda p: _("set the flag %(flag)s") % p, "flag", Sensitivity.MEMBER),
    Kind(
        "incident.commander_changed",
        lambda p: _("made %(person)s the commander") % p if p["reason"] == "assigned" else _("took command"),
        "crown",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.phase_changed",
        lambda p: _because(_("moved the incident to %(phase)s") % p, p),
        "flag",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.mitigated",
        lambda p: _because(_("stated that the impact has stopped"), p),
        "shield-check",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.resolved",
        lambda p: _("declared the incident resolved"),
        "circle-check",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.reopened",
        lambda p: _("reopened the incident: %(why)s") % p,
        "rotate-ccw",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("incident.closed", lambda p: _("closed the incident"), "archive", Sensitivity.STAKEHOLDER),
    Kind(
        "incident.dismissed",
        lambda p: _("dismissed it as a false alarm: %(why)s") % p,
        "circle-x",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.merged",
        lambda p: _("merged it into INC-%(into)s: %(why)s") % p,
        "merge",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "incident.sent_to_backlog",
        lambda p: _("sent it to the backlog: %(why)s") % p,
        "inbox",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("incident.timestamps_corrected", lambda p: _("corrected the incident's times"), "clock"),
)
