"""The only writers of what evaluate keeps."""

from muster.evaluate.commands.alerts import evaluate_alerts
from muster.evaluate.commands.anew import (
    decide_dependents_anew,
    decide_explained,
    decide_held_anew,
    decide_open_anew,
    decide_unexplained,
)
from muster.evaluate.commands.attaching import (
    ATTACHED_AT_ONCE,
    Attached,
    attach_groups,
    detach_groups,
)
from muster.evaluate.commands.feedback import give_feedback, withdraw_feedback
from muster.evaluate.commands.groups import group_facts, settle_groups_of, wake_group
from muster.evaluate.commands.inbox_views import change_view, restore_view, retire_view, save_view
from muster.evaluate.commands.incidents import (
    Declaration,
    change_severity,
    declare_incident,
    link_alert,
    relink_groups,
    unlink_groups,
    write_incident,
)
from muster.evaluate.commands.muting import move_silence_end, move_work_end, restore_silence
from muster.evaluate.commands.rules import add_rule, change_rule, restore_rule, retire_rule
from muster.evaluate.commands.silences import create_silence, end_silence

__all__ = [
    "ATTACHED_AT_ONCE",
    "Attached",
    "Declaration",
    "add_rule",
    "attach_groups",
    "change_rule",
    "change_severity",
    "change_view",
    "create_silence",
    "decide_dependents_anew",
    "decide_explained",
    "decide_held_anew",
    "decide_open_anew",
    "decide_unexplained",
    "declare_incident",
    "detach_groups",
    "end_silence",
    "evaluate_alerts",
    "give_feedback",
    "group_facts",
    "link_alert",
    "move_silence_end",
    "move_work_end",
    "relink_groups",
    "restore_rule",
    "restore_silence",
    "restore_view",
    "retire_rule",
    "retire_view",
    "save_view",
    "settle_groups_of",
    "unlink_groups",
    "wake_group",
    "withdraw_feedback",
    "write_incident",
]
