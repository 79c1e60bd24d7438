"""The only writers of what evaluate keeps."""

from muster.evaluate.commands.alerts import evaluate_alerts, group_facts, settle_groups_of, wake_group
from muster.evaluate.commands.incidents import (
    Declaration,
    change_severity,
    declare_incident,
    link_alert,
    relink_groups,
    unlink_groups,
    write_incident,
)
from muster.evaluate.commands.silences import create_silence, decide_silenced_anew, end_silence

__all__ = [
    "Declaration",
    "change_severity",
    "create_silence",
    "decide_silenced_anew",
    "declare_incident",
    "end_silence",
    "evaluate_alerts",
    "group_facts",
    "link_alert",
    "relink_groups",
    "settle_groups_of",
    "unlink_groups",
    "wake_group",
    "write_incident",
]
