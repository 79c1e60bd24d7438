"""The only writers of policies, escalations and responders, and what people do to alerts and pages."""

from muster.mobilize.escalation.commands.answers import (
    acknowledge_alert,
    acknowledge_call,
    acknowledge_group,
    acknowledge_page,
    already_acknowledged,
    reassign_alert,
    reassign_group,
    resolve_alert,
    resolve_group,
    snooze_alert,
    snooze_group,
    unacknowledge_group,
)
from muster.mobilize.escalation.commands.bulk import AT_ONCE, VERBS, Bulk, act_on_groups
from muster.mobilize.escalation.commands.climbing import climb, climb_due
from muster.mobilize.escalation.commands.ladder import (
    Start,
    cancel_answered,
    cancel_stopped,
    escalate_groups,
    escalate_now,
    hasten_escalation,
    start_escalation,
    stop_escalations,
    stop_settled,
    stop_unwanted,
)
from muster.mobilize.escalation.commands.mending import (
    escalate_call,
    page_missed,
    resume_escalation,
    shift_escalations,
)
from muster.mobilize.escalation.commands.mobilizing import (
    end_calls,
    hasten_after_failure,
    hasten_after_posts,
    mobilize_incident,
    page_target,
)
from muster.mobilize.escalation.commands.policies import (
    add_policy,
    change_policy,
    checked_spec,
)
from muster.mobilize.escalation.commands.responders import Presence, be_responder, notify_responders
from muster.mobilize.escalation.commands.telling import tell_of_policy

__all__ = [
    "AT_ONCE",
    "VERBS",
    "Bulk",
    "Presence",
    "Start",
    "acknowledge_alert",
    "acknowledge_call",
    "acknowledge_group",
    "acknowledge_page",
    "act_on_groups",
    "add_policy",
    "already_acknowledged",
    "be_responder",
    "cancel_answered",
    "cancel_stopped",
    "change_policy",
    "checked_spec",
    "climb",
    "climb_due",
    "end_calls",
    "escalate_call",
    "escalate_groups",
    "escalate_now",
    "hasten_after_failure",
    "hasten_after_posts",
    "hasten_escalation",
    "mobilize_incident",
    "notify_responders",
    "page_missed",
    "page_target",
    "reassign_alert",
    "reassign_group",
    "resolve_alert",
    "resolve_group",
    "resume_escalation",
    "shift_escalations",
    "snooze_alert",
    "snooze_group",
    "start_escalation",
    "stop_escalations",
    "stop_settled",
    "stop_unwanted",
    "tell_of_policy",
    "unacknowledge_group",
]
