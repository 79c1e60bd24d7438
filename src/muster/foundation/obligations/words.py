"""How people read what is owed, and the sentences of refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.obligations import Kind, ObligationRefusal
from muster.foundation.obligations.reasons import Owing

KIND_WORDS: Mapping[str, Any] = {
    Kind.ACKNOWLEDGE_BY: _("Answer the page"),
    Kind.RESPOND_BY: _("First response"),
    Kind.COMMANDER_BY: _("Somebody in command"),
    Kind.ROLES_BY: _("Give out the roles"),
    Kind.READY_BY: _("Ready to work"),
    Kind.UPDATE_BY: _("Update"),
    Kind.STATUS_CHECK_BY: _("Status check"),
    Kind.HANDOVER_BY: _("Hand over command"),
    Kind.FIX_BY: _("Fix"),
    Kind.POSTMORTEM_DRAFT_BY: _("Postmortem draft"),
    Kind.POSTMORTEM_DONE_BY: _("Postmortem finished"),
    Kind.POSTMORTEM_MEETING_BY: _("Review meeting"),
    Kind.ACTION_ITEM_BY: _("Action item"),
}

STREAM_WORDS: Mapping[str, Any] = {
    "internal": _("Internal update"),
    "executives": _("Executive update"),
    "external": _("Customer update"),
}


def label(kind: str, audience: str = "") -> str:
    """What is owed, in a few words: `Customer update`, `Hand over command`."""
    if kind == Kind.UPDATE_BY and audience in STREAM_WORDS:
        return str(STREAM_WORDS[audience])
    return str(KIND_WORDS.get(kind, kind.replace("_", " ").capitalize()))


REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Owing.NOT_FOUND: (404, _("There is no such obligation, or it is not yours to see.")),
    ObligationRefusal.OVER: (409, _("This is over already: %(state)s.")),
    ObligationRefusal.NOT_DUE_YET: (409, _("This is not due yet.")),
    ObligationRefusal.REASON_NEEDED: (422, _("Say why; the reason stays in the timeline.")),
}
