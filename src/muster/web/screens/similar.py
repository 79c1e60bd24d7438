"""Past alerts that are like the one on the screen, as rows: how they ended, and what helped then."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from muster.core.likeness import Likeness
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.web.screens.entries import names_of
from muster.web.screens.parts import span
from muster.web.similar.past import Past, past_of

Dict = dict[str, Any]

WHY: Mapping[Likeness, Any] = {
    Likeness.SAME_KEY: gettext_lazy("the same key"),
    Likeness.SAME_LABELS: gettext_lazy("the same labels"),
    Likeness.SAME_WORDS: gettext_lazy("the same words"),
}
"""Why a past alert is shown."""


def similar_rows(alert: Alert, actor: Actor) -> list[Dict]:
    """The most alike first."""
    found = past_of(actor, alert)
    said = {note.by for one in found for note in one.notes} | {one.alert.resolved_by for one in found}
    names = names_of(said)
    return [_row(one, names) for one in found]


def _row(past: Past, names: Mapping[str, str]) -> Dict:
    alert = past.alert
    ended: list[Any] = [{"at": alert.opened_at, "style": "short"}]
    if alert.resolved_at is not None:
        lasted = span((alert.resolved_at - alert.opened_at).total_seconds())
        ended.append(_(", over after %(lasted)s") % {"lasted": lasted})
    who = names.get(alert.resolved_by)
    if who is not None:
        ended.append(_(", ended by %(who)s") % {"who": who})
    return {
        "key": alert.public_id,
        "title": alert.summary,
        "url": f"/alerts/{alert.public_id}",
        "second": ended,
        "notes": [{"text": one.text, "by": names.get(one.by, "")} for one in past.notes],
        "chips": _chips(past),
        "glyph": {"state": alert.state},
    }


def _chips(past: Past) -> list[Dict]:
    found: list[Dict] = [{"text": WHY[past.likeness], "kind": "reason"}]
    if past.incident is not None:
        where = f"/incidents/{past.incident.public_id}"
        found.append({"text": past.incident.public_id, "icon": "flame", "url": where})
        if past.postmortem is not None:
            found.append({"text": _("postmortem"), "icon": "book-open", "url": f"{where}/postmortem"})
    return found
