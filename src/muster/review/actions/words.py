"""How people read action items, and the sentences of refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.action_items import ActionRefusal
from muster.core.review import ReviewRefusal
from muster.review.actions.reasons import Acting

TAG_WORDS: Mapping[str, Any] = {"prevention": _("prevention"), "detection": _("detection")}

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Acting.NOT_FOUND: (404, _("There is no such action item, or it is not yours to see.")),
    Acting.TITLE_NEEDED: (422, _("Say what is to be done.")),
    Acting.OWNER_UNKNOWN: (422, _("The owner must be somebody who still has access.")),
    Acting.OWNER_MAY_NOT_SEE: (
        422,
        _("This incident is restricted, and the owner is not among those who may know of it."),
    ),
    Acting.OVER: (409, _("The action item is %(state)s. Reopen it first.")),
    ActionRefusal.NO_SUCH_MOVE: (409, _("The action item is %(state)s: there is nothing to do there.")),
    ActionRefusal.REASON_NEEDED: (422, _("Say why; the reason stays in the timeline.")),
    ActionRefusal.DUE_TOO_LATE: (422, _("The Standard wants it done by %(limit)s. Choose an earlier day.")),
    ActionRefusal.DUE_IN_THE_PAST: (422, _("This day has passed. Choose a later one.")),
    ReviewRefusal.UNKNOWN_TAG: (422, _("The Standard has no tag %(tag)s for action items.")),
    ReviewRefusal.OWNER_NEEDED: (422, _("An action item needs an owner: one person who sees to it.")),
}


def tag_word(tag: str) -> str:
    """A tag as people read it; a Standard may have tags of its own."""
    return str(TAG_WORDS.get(tag, tag.replace("_", " ")))
