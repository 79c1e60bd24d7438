"""How people read the report on noise: what is suggested, why, and what may be said of its effect."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from muster.core.noise import Verdict
from muster.core.remedies import Remedy, Suggestion
from muster.core.wallclock import parse_duration
from muster.review.lengths import length
from muster.review.noise.reasons import Noise

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Noise.NO_PATTERN: (404, _("In this period there is no such alert, or it is not yours to see.")),
    Noise.NO_SUGGESTION: (
        404,
        _("This is not suggested for %(alert)s in this period. Look at its figures in the report."),
    ),
    Noise.CHANGED_SINCE: (
        409,
        _("The figures have changed since you looked, and the rule with them. Look at it again."),
    ),
}

PROPOSALS: Mapping[Remedy, Any] = {
    Remedy.PAUSE: _("Wait %(lasts)s before paging"),
    Remedy.DELAY: _("Page from the third time within %(within)s"),
    Remedy.STEADY: _("Hold it while it comes and goes, until it is still for %(within)s"),
    Remedy.GROUP: _("Make one page of those within %(within)s"),
    Remedy.CALM: _("Lower the urgency"),
    Remedy.EXPLAIN: _("Hold it while this is open: %(other)s"),
    Remedy.DROP: _("Drop it for four weeks"),
    Remedy.REROUTE: _("Send it to %(service)s"),
}
"""What is suggested."""

REASONS: Mapping[Remedy, Any] = {
    Remedy.PAUSE: _("%(hits)s of %(of)s closed by themselves within %(within_minutes)s min"),
    Remedy.DELAY: _("%(hits)s of %(of)s came once or twice and needed nobody; the others came more often"),
    Remedy.STEADY: _("%(hits)s of %(of)s had just come and gone twice, and closed by themselves again"),
    Remedy.GROUP: _("%(of)s groups would have been %(then)s: most came soon after another"),
    Remedy.CALM: _("%(hits)s of %(of)s urgent ones needed nothing done here, and broke %(nights)s nights"),
    Remedy.EXPLAIN: _(
        "%(hits)s of %(of)s said duplicate, and %(covered)s of %(fired)s came while it was open"
    ),
    Remedy.DROP: _("%(hits)s of %(of)s said noise, and nobody ever had to do anything"),
    Remedy.REROUTE: _("%(hits)s of %(of)s said wrong target, and %(named)s named %(service)s"),
}
"""Why, in numbers."""

VERDICTS: Mapping[Verdict, Any] = {
    Verdict.TOO_MANY: _("Cannot be said: more fired than is looked at, so the counts are too low."),
    Verdict.TOO_EARLY: _("Too early to say: less than a week on one side."),
    Verdict.TOO_FEW: _("Too few to say: hardly any fired, before or after."),
    Verdict.NOT_FIRED: _("Nothing can be said: it has not fired since. What caused it may have gone."),
    Verdict.FEWER: _("Fewer than before."),
    Verdict.AS_MANY: _("As many as before."),
    Verdict.MORE: _("More than before."),
}
"""What may be said of a remedy's effect."""

VERDICTS_SHORT: Mapping[Verdict, Any] = {
    Verdict.TOO_MANY: _("cannot be said"),
    Verdict.TOO_EARLY: _("too early to say"),
    Verdict.TOO_FEW: _("too few to say"),
    Verdict.NOT_FIRED: _("not fired since"),
    Verdict.FEWER: _("fewer"),
    Verdict.AS_MANY: _("as many"),
    Verdict.MORE: _("more"),
}
"""The same on a chip."""

EFFECT_STATES: Mapping[Verdict, str] = {Verdict.FEWER: "well", Verdict.MORE: "soon", Verdict.AS_MANY: "soon"}
"""How an effect is coloured, where it is."""

MEASURES: Mapping[str, Any] = {
    "interruptions": _("interruptions"),
    "nights": _("nights"),
    "wrong_target": _("marks as wrong target"),
}
"""What a remedy is measured by."""


def proposal(one: Suggestion) -> str:
    """What is suggested: `Wait 5m before paging`."""
    return str(PROPOSALS[one.remedy]) % _facts(one)


def reason(one: Suggestion) -> str:
    """Why: `38 of 41 closed by themselves within 4 min`."""
    return str(REASONS[one.remedy]) % _facts(one)


def _facts(one: Suggestion) -> dict[str, Any]:
    lengths = {name: length(parse_duration(one.fields[name])) for name in _LENGTHS if name in one.fields}
    return {**one.fields, **lengths, **one.facts, "hits": one.hits, "of": one.of}


_LENGTHS = ("lasts", "within")


def spared(count: int) -> str:
    """How many interruptions it would have spared, or nothing where that cannot be said."""
    if not count:
        return ""
    said = ngettext("would have spared %(n)s interruption", "would have spared %(n)s interruptions", count)
    return said % {"n": count}


def share(part: int, whole: int) -> str:
    """A share as its two counts: `12 of 15`; empty where there is nothing to share."""
    return gettext("%(part)s of %(whole)s") % {"part": part, "whole": whole} if whole else ""


def rate(count: int, per_week: float, lasted: timedelta) -> str:
    """A count with its stretch and rate: `31 in 28 days, 7.8 a week`; too short a stretch has no rate."""
    days = round(lasted / timedelta(days=1))
    if not days:
        return gettext("%(count)s in less than a day") % {"count": count}
    said = ngettext("%(count)s in %(days)s day", "%(count)s in %(days)s days", days)
    words = said % {"count": count, "days": days}
    return gettext("%(words)s, %(rate)s a week") % {"words": words, "rate": f"{per_week:.1f}"}
