"""The only writers of what detect keeps."""

from muster.detect.commands.alerts import (
    META_SERVICE,
    clear_meta_alert,
    move_alerts,
    open_meta_alert,
    open_past_alert,
    release_alert,
    route_alert,
    suppress_alert,
)
from muster.detect.commands.intake import Received, Taken, receive_signals
from muster.detect.commands.integrations import (
    add_integration,
    change_integration,
    key_hash,
    new_key,
    restore_integration,
    retire_integration,
    rotate_key,
)

__all__ = [
    "META_SERVICE",
    "Received",
    "Taken",
    "add_integration",
    "change_integration",
    "clear_meta_alert",
    "key_hash",
    "move_alerts",
    "new_key",
    "open_meta_alert",
    "open_past_alert",
    "receive_signals",
    "release_alert",
    "restore_integration",
    "retire_integration",
    "rotate_key",
    "route_alert",
    "suppress_alert",
]
