"""Event kinds of on-call."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

KINDS = (
    Kind("schedule.added", lambda p: _("made the schedule %(handle)s") % p, "calendar-plus"),
    Kind("schedule.changed", lambda p: _("changed the schedule"), "calendar"),
    Kind("schedule.retired", lambda p: _("retired the schedule"), "calendar-x"),
    Kind("schedule.restored", lambda p: _("put the schedule back in use"), "calendar"),
    Kind("schedule_version.published", lambda p: _("changed who is on call"), "calendar"),
    Kind("override.added", lambda p: _("gave an interval to somebody else"), "user-plus"),
    Kind("override.retired", lambda p: _("took an override back"), "undo-2"),
)
