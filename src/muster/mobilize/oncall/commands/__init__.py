"""The only writers of on-call: schedules, overrides, cover requests, absences, feeds, notes, notices."""

from muster.mobilize.oncall.commands.announcing import tell_of_coming, tell_of_hand_offs, tell_of_holes
from muster.mobilize.oncall.commands.away import (
    add_leave,
    claim_calendars,
    record_calendar,
    retire_leave,
    set_availability,
)
from muster.mobilize.oncall.commands.covers import answer_cover, ask_cover, expire_covers
from muster.mobilize.oncall.commands.feeds import add_feed, leave_note, note_feed_read, revoke_feed
from muster.mobilize.oncall.commands.notices import claim_notices, drop_notice, record_notice, tell
from muster.mobilize.oncall.commands.outlooks import keep_outlooks
from muster.mobilize.oncall.commands.overrides import add_override, retire_override
from muster.mobilize.oncall.commands.schedules import (
    add_rota,
    add_schedule,
    change_schedule,
    checked_spec,
)

__all__ = [
    "add_feed",
    "add_leave",
    "add_override",
    "add_rota",
    "add_schedule",
    "answer_cover",
    "ask_cover",
    "change_schedule",
    "checked_spec",
    "claim_calendars",
    "claim_notices",
    "drop_notice",
    "expire_covers",
    "keep_outlooks",
    "leave_note",
    "note_feed_read",
    "record_calendar",
    "record_notice",
    "retire_leave",
    "retire_override",
    "revoke_feed",
    "set_availability",
    "tell",
    "tell_of_coming",
    "tell_of_hand_offs",
    "tell_of_holes",
]
