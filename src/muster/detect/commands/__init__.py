"""The only writers of what detect keeps."""

from muster.detect.commands.alerts import (
    META_SCOPE,
    META_SERVICE,
    Placement,
    clear_meta_alerts,
    move_alerts,
    open_meta_alert,
    open_past_alert,
    place_alerts,
    suppress_signals,
)
from muster.detect.commands.by_senders import change_alert, move_alert, note_alert, withdraw_alert
from muster.detect.commands.intake import Received, Taken, receive_signals
from muster.detect.commands.integrations import (
    add_integration,
    change_integration,
    key_hash,
    learn_setting,
    new_key,
    restore_integration,
    retire_integration,
    rotate_key,
)
from muster.detect.commands.repeating import count_repeats

__all__ = [
    "META_SCOPE",
    "META_SERVICE",
    "Placement",
    "Received",
    "Taken",
    "add_integration",
    "change_alert",
    "change_integration",
    "clear_meta_alerts",
    "count_repeats",
    "key_hash",
    "learn_setting",
    "move_alert",
    "move_alerts",
    "new_key",
    "note_alert",
    "open_meta_alert",
    "open_past_alert",
    "place_alerts",
    "receive_signals",
    "restore_integration",
    "retire_integration",
    "rotate_key",
    "suppress_signals",
    "withdraw_alert",
]
