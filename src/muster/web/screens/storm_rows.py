"""A storm's groups as rows: what is said of each, and what this actor may do."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from muster.core.permissions import Actor, Right
from muster.core.storm import GroupSeen
from muster.evaluate.models import AlertGroup, Incident
from muster.evaluate.queries import groups, incidents, visible_incidents
from muster.web.screens.alert_lists import group_row
from muster.web.screens.parts import may

Dict = dict[str, Any]

ADDRESS = "/alerts/storm"
_CHOICES = 20
"""So many open incidents at most are offered to attach groups to."""


class Rows:
    """Groups as rows, with what this actor may do: read together, once."""

    def __init__(self, actor: Actor, back: str, ids: Sequence[int]) -> None:
        self._actor, self._back = actor, back
        self._rows: Mapping[int, AlertGroup] = groups(actor).in_bulk(ids)
        self._incidents: Collection[int] = visible_incidents(actor, self._rows.values())
        self._may = may(actor, Right.RESPOND)
        still = incidents(actor, open_only=True)[: _CHOICES + 1] if self._may else ()
        self._open: list[Incident] = list(still)[:_CHOICES]

    def rows(self, found: Sequence[GroupSeen], *, loud: bool) -> list[Dict]:
        """These groups as rows; with `loud` the first that needs somebody has the one filled button."""
        known = [one for one in found if one.id in self._rows]
        first = next((one.id for one in known if one.waits), None) if loud else None
        return [self._row(one, first=one.id == first) for one in known]

    def _row(self, seen: GroupSeen, *, first: bool) -> Dict:
        """One group: since when, how many, why it did what it did, who has it, what may be done."""
        group = self._rows[seen.id]
        is_named = group.incident_id in self._incidents
        row = group_row(group, seen.alerts, self._actor, in_shown=is_named)
        attached = group.incident_id is not None
        return row | {
            "more": len(seen.services) - 1,
            "count": seen.alerts,
            "since": seen.first_at,
            "quiet": row["state"] in ("suppressed", "resolved"),
            "actions": self._actions(group, first) if self._may else [],
            "pick": self._may and group.state != "resolved" and not (attached and group.state != "triggered"),
        }

    def _actions(self, group: AlertGroup, first: bool) -> list[Dict]:
        found: list[Dict] = []
        if group.state == "triggered" and not group.held_back:
            style = "filled" if first else "edge"
            found.append(self._action(_("Acknowledge"), style, verb="acknowledge", group=group.public_id))
        if group.incident_id in self._incidents and any(one.pk == group.incident_id for one in self._open):
            url = f"/incidents/INC-{group.incident_id}/presence/joined"
            label = _("Join INC-%(n)s") % {"n": group.incident_id}
            found.append({"label": label, "url": url, "style": "line", "small": True})
        elif group.incident_id is None and group.state != "resolved" and len(self._open) == 1:
            incident = self._open[0].public_id
            label = _("Attach to %(incident)s") % {"incident": incident}
            found.append(self._action(label, "line", verb="attach", group=group.public_id, incident=incident))
        return found

    def _action(self, label: str, style: str, **fields: str) -> Dict:
        told_back = fields | {"back": self._back}
        return {"label": label, "url": f"{ADDRESS}/act", "style": style, "small": True, "fields": told_back}

    def bulk(self) -> Dict | None:
        """What may be done to all that is ticked."""
        if not self._may or not self._rows:
            return None
        return {
            "url": f"{ADDRESS}/act",
            "back": self._back,
            "incidents": [
                {"value": one.public_id, "word": f"{one.public_id}: {one.title}"} for one in self._open
            ],
        }
