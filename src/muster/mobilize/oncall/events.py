"""Event kinds of on-call."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

_OVERRIDES = {
    "cover": lambda: _("gave an interval to somebody else"),
    "add": lambda: _("added somebody for an interval"),
    "remove": lambda: _("took somebody off an interval"),
    "replace": lambda: _("put somebody in a colleague's place for an interval"),
}


def _override(p: Mapping[str, Any]) -> str:
    """Events from before there were kinds are all of the first."""
    return _OVERRIDES[dict(p).get("kind", "cover")]()


KINDS = (
    Kind("schedule.added", lambda p: _("made the schedule %(handle)s") % p, "calendar-plus"),
    Kind("schedule.changed", lambda p: _("changed the schedule"), "calendar"),
    Kind("schedule.retired", lambda p: _("retired the schedule"), "calendar-x"),
    Kind("schedule.restored", lambda p: _("put the schedule back in use"), "calendar"),
    Kind("schedule_version.published", lambda p: _("changed who is on call"), "calendar"),
    Kind("override.added", lambda p: _override(p), "user-plus"),
    Kind("override.retired", lambda p: _("took an override back"), "undo-2"),
    Kind("cover_request.asked", lambda p: _("asked a colleague to take a shift"), "hand"),
    Kind("cover_request.accepted", lambda p: _("took a colleague's shift"), "user-plus"),
    Kind("cover_request.declined", lambda p: _("could not take the shift"), "x"),
    Kind("cover_request.withdrawn", lambda p: _("no longer asks for cover"), "undo-2"),
    Kind("cover_request.expired", lambda p: _("nobody answered the request for cover in time"), "clock"),
    Kind("leave.added", lambda p: _("entered leave"), "calendar-x"),
    Kind("leave.retired", lambda p: _("took leave back"), "undo-2"),
    Kind("availability.set", lambda p: _("changed holidays or the calendar of busy times"), "calendar"),
    Kind("availability.read", lambda p: _("the calendar of busy times says something new"), "calendar"),
    Kind("feed.added", lambda p: _("made a calendar feed"), "calendar-plus"),
    Kind("feed.revoked", lambda p: _("revoked a calendar feed"), "calendar-x"),
    Kind("handoff_note.left", lambda p: _("left a hand-off note: %(note)s") % p, "message-square"),
    Kind("outlook.kept", lambda p: _("remembers the coming shifts"), "calendar"),
    Kind("outlook.moved", lambda p: _("new time zone data moved coming shifts"), "triangle-alert"),
    Kind("notice.queued", lambda p: _("will be told"), "mail"),
    Kind("notice.sent", lambda p: _("was told"), "mail"),
    Kind("notice.delayed", lambda p: _("could not be told yet"), "mail"),
    Kind("notice.dropped", lambda p: _("did not have to be told any more"), "x"),
    Kind("notice.failed", lambda p: _("could not be told"), "triangle-alert"),
)
