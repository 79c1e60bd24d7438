"""How an integration does, as screens draw it: figures, a small curve, and what was refused and why."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.intake import Disposition
from muster.core.traffic import Doing
from muster.detect import source_kinds
from muster.detect.models import Integration
from muster.detect.queries_traffic import Figures, Mistake
from muster.detect.words import DOING, became
from muster.web.screens.parts import count_words

Dict = dict[str, Any]

_CHIPS = {
    Doing.QUIET: {"kind": "soon", "icon": "bell-off"},
    Doing.WRONG: {"kind": "now", "icon": "circle-alert"},
    Doing.NEVER: {"kind": "reason", "icon": "circle-question-mark"},
    Doing.SENDING: {"kind": "", "icon": "antenna"},
    Doing.OFF: {"kind": "", "icon": "unplug"},
}


def kind_word(kind: str) -> str:
    """The name of a kind of sender; the kind itself where this version lacks it."""
    source = source_kinds.source_of(kind)
    return _(source.form.name) if source is not None else kind


def standing(figures: Figures) -> Dict:
    """How it stands, as a chip."""
    return {"text": str(DOING[figures.doing]), **_CHIPS[figures.doing]}


def curve(figures: Figures) -> Dict | None:
    """The last 24 hours as a small curve; None where nothing came."""
    if not any(figures.hours):
        return None
    top = max(figures.hours)
    return {
        "points": figures.hours,
        "label": _("Signals by the hour, last 24 hours"),
        "summary": _("%(day)s in all, %(top)s in the busiest hour, %(now)s in this one")
        % {"day": figures.last_day, "top": top, "now": figures.hours[-1]},
        "tone": "s1",
    }


def count(number: int, figures: Figures) -> str:
    """A number of signals; at least so many while the newest are not counted yet."""
    return f"{number:,}" if figures.is_whole else _("%(number)s or more") % {"number": f"{number:,}"}


def refused_words(figures: Figures) -> str:
    """In one line how much of the last day was refused; empty when nothing was."""
    unread, other = figures.unreadable, sum(figures.refused.values()) - figures.unreadable
    said = []
    if unread:
        said.append(ngettext("%(n)s cannot be read", "%(n)s cannot be read", unread) % {"n": unread})
    if other:
        said.append(ngettext("%(n)s changed nothing", "%(n)s changed nothing", other) % {"n": other})
    return ", ".join(said)


def row_of(row: Integration, figures: Figures) -> Dict:
    """One line of the list of integrations."""
    return {
        "key": row.handle,
        "title": f"{kind_word(row.kind)}: {row.service.name}",
        "url": f"/settings/integrations/{row.handle}",
        "second": row.handle,
        "standing": standing(figures),
        "seen": row.last_seen_at,
        "last_hour": count(figures.last_hour, figures),
        "last_day": count(figures.last_day, figures),
        "curve": curve(figures),
        "refused": refused_words(figures),
        "quiet": figures.doing is Doing.OFF,
    }


def title(shown: Sequence[Figures]) -> str:
    """The list's heading: what somebody should look at, else how many are connected."""
    quiet = sum(one.doing is Doing.QUIET for one in shown)
    wrong = sum(one.doing is Doing.WRONG for one in shown)
    if quiet:
        return count_words(quiet, _("sender has gone quiet."), _("senders have gone quiet."))
    if wrong:
        many = _("senders send what cannot be read.")
        return count_words(wrong, _("sender sends what cannot be read."), many)
    words = ngettext("%(n)s sender is connected.", "%(n)s senders are connected.", len(shown))
    return words % {"n": len(shown)}


def refused_rows(figures: Figures) -> list[Dict]:
    """What was refused in the last day, each way and reason with its number."""
    return [
        {"words": became(disposition, reason), "signals": signals}
        for (disposition, reason), signals in figures.refused.items()
    ]


def mistake_rows(found: Sequence[Mistake]) -> list[Dict]:
    """The last that was refused, as rows."""
    return [
        {
            "title": "; ".join(one.errors) or became(one.disposition, one.reason),
            "url": f"/alerts/ALR-{one.alert}" if one.alert else "",
            "second": [{"at": one.at, "style": "relative"}, _(", key %(key)s") % {"key": one.key}]
            if one.key
            else [{"at": one.at, "style": "relative"}],
            "glyph": {"icon": "circle-alert", "tone": "now"}
            if one.disposition == Disposition.UNREADABLE
            else {"icon": "circle-x"},
            "chevron": bool(one.alert),
        }
        for one in found
    ]
