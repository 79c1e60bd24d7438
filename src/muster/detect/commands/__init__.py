"""The only writers of what detect keeps."""

from muster.detect.commands.alerts import (
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
from muster.detect.commands.changes import note_change
from muster.detect.commands.heartbeats import (
    add_heartbeat,
    change_heartbeat,
    pause_heartbeat,
    restore_heartbeat,
    resume_heartbeat,
    retire_heartbeat,
    rotate_address,
)
from muster.detect.commands.intake import UNFIT, Received, Taken, is_severe, receive_signals, remains_of
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
from muster.detect.commands.letters import forget_letters, remember_letter
from muster.detect.commands.pings import (
    Heard,
    Said,
    judge_heartbeats,
    keep_past_pings,
    receive_pings,
    spare_heartbeats,
)
from muster.detect.commands.repeating import add_up_repeats, count_repeats
from muster.detect.commands.retention import drop_signal_part, make_signal_day
from muster.detect.commands.testing import end_test_signal, send_test_signal
from muster.detect.commands.traffic import count_signals, forget_traffic, keep_past_traffic
from muster.detect.commands.unreadable import clear_unreadable_alerts
from muster.detect.commands.unrepeated import end_unrepeated_alerts, spare_alerts

__all__ = [
    "META_SERVICE",
    "UNFIT",
    "Heard",
    "Placement",
    "Received",
    "Said",
    "Taken",
    "add_heartbeat",
    "add_integration",
    "add_up_repeats",
    "change_alert",
    "change_heartbeat",
    "change_integration",
    "clear_meta_alerts",
    "clear_unreadable_alerts",
    "count_repeats",
    "count_signals",
    "drop_signal_part",
    "end_test_signal",
    "end_unrepeated_alerts",
    "forget_letters",
    "forget_traffic",
    "is_severe",
    "judge_heartbeats",
    "keep_past_pings",
    "keep_past_traffic",
    "key_hash",
    "learn_setting",
    "make_signal_day",
    "move_alert",
    "move_alerts",
    "new_key",
    "note_alert",
    "note_change",
    "open_meta_alert",
    "open_past_alert",
    "pause_heartbeat",
    "place_alerts",
    "receive_pings",
    "receive_signals",
    "remains_of",
    "remember_letter",
    "restore_heartbeat",
    "restore_integration",
    "resume_heartbeat",
    "retire_heartbeat",
    "retire_integration",
    "rotate_address",
    "rotate_key",
    "send_test_signal",
    "spare_alerts",
    "spare_heartbeats",
    "suppress_signals",
    "withdraw_alert",
]
