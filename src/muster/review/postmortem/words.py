"""How people read postmortems, and the sentences of refusals."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from muster.core.review import Due, PostmortemState, ReviewRefusal
from muster.core.standard import Trigger
from muster.review.lengths import length
from muster.review.postmortem.reasons import Reviewing

STATE_WORDS: Mapping[str, Any] = {
    PostmortemState.DRAFT: _("draft"),
    PostmortemState.IN_REVIEW: _("in review"),
    PostmortemState.PUBLISHED: _("published"),
}

AGENDA_WORDS: Mapping[str, Any] = {
    "timeline": _("timeline"),
    "root_cause": _("root cause"),
    "contributing_factors": _("contributing factors"),
    "action_items": _("action items"),
    "wrap_up": _("wrap-up"),
}

_WHY: Mapping[str, Any] = {
    Due.SEVERITY: _("%(fact)s always needs one"),
    Trigger.CLIENT_VISIBLE_IMPACT: _("Customers felt it for %(fact)s"),
    Trigger.SLO_MISSED: _("A service level objective was missed"),
    Trigger.DATA_LOSS: _("Data was lost"),
    Trigger.ONCALL_INTERVENTION: _("On-call had to step in: %(fact)s"),
    Trigger.RESOLUTION_TIME: _("It took long to resolve: %(fact)s"),
    Trigger.MONITORING_FAILURE: _("A person found it, no alert did"),
    Trigger.STAKEHOLDER_REQUEST: _("Somebody asked for it"),
}

_SPAN = re.compile(r"(?:([0-9]+) days?, )?([0-9]+):([0-9]{2}):([0-9.]+)")
"""How Python spells a length of time, as the facts of triggers keep it."""

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Reviewing.NOT_FOUND: (404, _("There is no such postmortem, or it is not yours to see.")),
    Reviewing.EXISTS: (409, _("This incident has a postmortem already.")),
    Reviewing.NOT_RESOLVED: (409, _("The incident is not resolved. The postmortem comes afterwards.")),
    Reviewing.SECTION_UNKNOWN: (404, _("The postmortem has no section %(section)s to write in.")),
    Reviewing.SAVED_MEANWHILE: (
        409,
        _("Somebody saved this section meanwhile: it is at version %(version)s. Nothing of yours was kept."),
    ),
    Reviewing.PUBLISHED: (409, _("The postmortem is published. Withdraw it before you change it.")),
    Reviewing.WAIVED: (409, _("This postmortem was waived.")),
    Reviewing.REVIEWER_UNKNOWN: (422, _("Reviewers must be people who still have access.")),
    Reviewing.REVIEWER_MAY_NOT_SEE: (
        422,
        _("This incident is restricted, and one of the reviewers is not among those who may know of it."),
    ),
    Reviewing.MEETING_NOT_PLANNED: (409, _("No review meeting is planned yet.")),
    Reviewing.MEETING_HELD: (409, _("The review meeting was held already.")),
    Reviewing.MEETING_AHEAD: (409, _("The review meeting is still to come.")),
    Reviewing.REASON_NEEDED: (422, _("Say why; the reason stays in the timeline.")),
    ReviewRefusal.NO_SUCH_MOVE: (409, _("The postmortem is %(state)s: this cannot be done to it now.")),
    ReviewRefusal.REASON_NEEDED: (422, _("Say why; the reason stays in the timeline.")),
    ReviewRefusal.SECTIONS_EMPTY: (
        409,
        _("Some sections say nothing yet: %(titles)s. Write there what is known, or that nobody knows."),
    ),
}


def state_word(state: str) -> str:
    """A postmortem's state as people read it."""
    return str(STATE_WORDS.get(state, state))


def reason_word(why: str, fact: str) -> str:
    """Why a postmortem is due, in words."""
    sentence = _WHY.get(why)
    if sentence is None:
        return now("Due: %(why)s") % {"why": why}
    if fact == "other":
        return str(sentence).partition(":")[0]
    match = _SPAN.fullmatch(fact)
    if match is not None:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        fact = length(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
    return str(sentence) % {"fact": fact}
