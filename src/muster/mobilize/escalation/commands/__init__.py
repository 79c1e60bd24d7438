"""The only writers of policies, escalations and responders, and what people do to alerts and pages."""

from muster.mobilize.escalation.commands.answers import (
    acknowledge_alert,
    acknowledge_call,
    acknowledge_group,
    acknowledge_page,
    resolve_alert,
    resolve_group,
    snooze_alert,
    snooze_group,
    unacknowledge_group,
)
from muster.mobilize.escalation.commands.ladder import (
    climb_due,
    climb_escalation,
    escalate_group,
    escalate_now,
    hasten_escalation,
    start_escalation,
    stop_escalation,
)
from muster.mobilize.escalation.commands.mobilizing import (
    end_calls,
    hasten_after_failure,
    mobilize_incident,
    page_target,
)
from muster.mobilize.escalation.commands.policies import (
    add_policy,
    change_policy,
    restore_policy,
    retire_policy,
)
from muster.mobilize.escalation.commands.responders import Presence, be_responder, notify_responders

__all__ = [
    "Presence",
    "acknowledge_alert",
    "acknowledge_call",
    "acknowledge_group",
    "acknowledge_page",
    "add_policy",
    "be_responder",
    "change_policy",
    "climb_due",
    "climb_escalation",
    "end_calls",
    "escalate_group",
    "escalate_now",
    "hasten_after_failure",
    "hasten_escalation",
    "mobilize_incident",
    "notify_responders",
    "page_target",
    "resolve_alert",
    "resolve_group",
    "restore_policy",
    "retire_policy",
    "snooze_alert",
    "snooze_group",
    "start_escalation",
    "stop_escalation",
    "unacknowledge_group",
]
