"""Event kinds of the war room, worded when they are read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity


def _role(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"person": facts["person"], "role": str(facts["role"]).replace("_", " ")}


KINDS = (
    Kind("incident.role_given", lambda p: _("gave %(person)s the role %(role)s") % _role(p), "user-plus"),
    Kind("incident.role_released", lambda p: _("took the role %(role)s from %(person)s") % _role(p), "user"),
    Kind("task.added", lambda p: _("ordered: %(title)s") % p, "list-checks"),
    Kind("task.assigned", lambda p: _("gave the task to %(person)s") % p, "user"),
    Kind("task.done", lambda p: _("finished the task: %(title)s") % p, "check"),
    Kind("task.cancelled", lambda p: _("dropped the task: %(title)s") % p, "x"),
    Kind("task.moved", lambda p: _("brought a task to INC-%(into)s") % p, "git-merge"),
    Kind(
        "update.posted",
        lambda p: _("posted update %(number)s (%(audience)s): %(body)s") % p,
        "megaphone",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("entry.said", lambda p: str(p["body"]), "message-square"),
    Kind("entry.pinned", lambda p: _("pinned an entry"), "bookmark"),
    Kind("entry.unpinned", lambda p: _("took a pin off"), "bookmark"),
    Kind("tick.done", lambda p: _("ticked: %(what)s") % p, "check"),
    Kind("tick.undone", lambda p: _("took the tick back: %(what)s") % p, "undo-2"),
    Kind("document.written", lambda p: _("wrote version %(number)s of what we know") % p, "file-text"),
    Kind("handover.started", lambda p: _("began to hand over command to %(person)s") % p, "hand"),
    Kind("handover.reported", lambda p: _("gave the situation report: %(report)s") % p, "file-text"),
    Kind("handover.offered", lambda p: _("is handing over command to %(person)s") % p, "hand"),
    Kind("handover.taken", lambda p: _("has command"), "flag", Sensitivity.STAKEHOLDER),
    Kind("handover.cancelled", lambda p: _("ended the handover; command stays"), "x"),
)
