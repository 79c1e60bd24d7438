"""What a rule or a silence would have done to recorded alerts, as screens show it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.trial import Tried
from muster.evaluate.matching import Matched
from muster.evaluate.trial import Trial

DAYS = 7
"""Of how many days the alerts are judged."""


def trial_section(trial: Trial, now: Matched | None = None, days: int = DAYS) -> dict[str, Any]:
    """What a rule or a silence would have done, and what it matches now where that was asked."""
    told = trial.as_json()
    words = {
        Tried.HELD: _("held back"),
        Tried.DELAYED: _("paged later"),
        Tried.CHANGED: _("changed"),
    }
    rows = [
        {
            "title": one["summary"],
            "url": f"/alerts/{one['id']}",
            "second": [f"{one['service']}, ", {"at": one["opened_at"], "style": "short"}],
            "glyph": {"icon": "bell-off" if one["outcome"] == Tried.HELD else "bell"},
            "end": [f"{words[Tried(one['outcome'])]}{_incident(one['incident'])}"],
        }
        for one in told["examples"]
    ]
    whole = "" if trial.is_whole else _(" Only the newest were looked at.")
    return {
        "title": _("The last %(days)s days") % {"days": days},
        "second": "",
        "rows": rows,
        "text": (f"{now_sentence(now)} " if now is not None else "") + told["sentence"] + whole,
    }


def _incident(public_id: str | None) -> str:
    return f", {public_id}" if public_id else ""


def now_sentence(found: Matched) -> str:
    """What matchers catch of what is open now."""
    if not found.alerts:
        return _("Now it matches no open alert.")
    counted = ngettext("Now it matches %(n)s open alert", "Now it matches %(n)s open alerts", found.alerts)
    first, more = found.services[:_NAMED], len(found.services) - _NAMED
    where = ", ".join(first) + (_(" and %(n)s more") % {"n": more} if more > 0 else "")
    said = counted % {"n": found.alerts} + " " + _("of %(services)s") % {"services": where}
    if found.critical:
        said += ", " + ngettext("%(n)s of it critical", "%(n)s of them critical", found.critical) % {
            "n": found.critical
        }
    whole = "" if found.whole else _(" Only the newest open alerts were looked at.")
    return f"{said}.{whole}"


_NAMED = 6
