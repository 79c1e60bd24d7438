"""Event kinds of action items, worded when they are read."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

KINDS = (
    Kind("action_item.added", lambda p: _("added the action item: %(title)s") % p, "list-checks"),
    Kind("action_item.changed", lambda p: _("changed an action item"), "pencil"),
    Kind("action_item.completed", lambda p: _("finished an action item"), "circle-check"),
    Kind("action_item.dropped", lambda p: _("dropped an action item, because: %(why)s") % p, "circle-x"),
    Kind("action_item.reopened", lambda p: _("reopened an action item: %(why)s") % p, "rotate-ccw"),
)
