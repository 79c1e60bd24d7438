"""Event kinds of obligations, worded when they are read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.foundation.obligations.words import label
from muster.foundation.timeline.kinds import Kind


def _what(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "what": label(str(facts["kind"]), str(facts.get("audience", ""))), "why": facts["why"]}


KINDS = (
    Kind("obligation.armed", lambda p: _("is owed: %(what)s") % _what(p), "timer"),
    Kind("obligation.reminded", lambda p: _("reminded: %(what)s") % _what(p), "clock"),
    Kind("obligation.met", lambda p: _("done: %(what)s") % _what(p), "circle-check"),
    Kind("obligation.breached", lambda p: _("not done in time: %(what)s") % _what(p), "circle-alert"),
    Kind("obligation.superseded", lambda p: _("no longer owed: %(what)s") % _what(p), "undo-2"),
    Kind("obligation.waived", lambda p: _("excused %(what)s, because: %(why)s") % _what(p), "undo-2"),
)
