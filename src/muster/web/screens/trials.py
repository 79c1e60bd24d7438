"""What a rule or a silence would have done to recorded alerts, as screens show it."""

from typing import Any

from django.utils.translation import gettext as _

from muster.core.trial import Tried
from muster.evaluate.trial import Trial

DAYS = 7
"""Of how many days the alerts are judged."""


def trial_section(trial: Trial, days: int = DAYS) -> dict[str, Any]:
    """What a rule or a silence would have done, as a section."""
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
        "text": told["sentence"] + whole,
    }


def _incident(public_id: str | None) -> str:
    return f", {public_id}" if public_id else ""
