"""A storm's groups as rows: what is said of each, and what this actor may do."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.permissions import Actor, Right
from muster.core.storm import GroupSeen
from muster.evaluate.models import AlertGroup, Incident
from muster.evaluate.queries import groups, incidents, shown_incidents
from muster.web.screens.parts import may, person_of

Dict = dict[str, Any]

ADDRESS = "/alerts/storm"
_CHOICES = 20
"""So many open incidents at most are offered to attach groups to."""


class Rows:
    """Groups as rows, with what this actor may do: read together, once."""

    def __init__(self, actor: Actor, back: str, ids: Sequence[int]) -> None:
        self._actor, self._back = actor, back
        self._rows: Mapping[int, AlertGroup] = groups(actor).select_related("service__team").in_bulk(ids)
        self._incidents: Collection[int] = shown_incidents(actor, self._rows.values())
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
        held = group.held_back and group.state == "triggered"
        attached = group.incident_id is not None
        return {
            "key": group.public_id,
            "state": "suppressed" if held else group.state,
            "title": group.summary,
            "url": f"/alerts/{group.public_id}",
            "service": group.service.handle,
            "team": group.service.team.name if group.service.team is not None else "",
            "more": len(seen.services) - 1,
            "count": seen.alerts,
            "since": seen.first_at,
            "quiet": held or group.state == "resolved",
            "reasons": self._reasons(group, seen),
            "owner": person_of(group.acknowledged_by, self._actor),
            "actions": self._actions(group, first) if self._may else [],
            "pick": self._may and group.state != "resolved" and not (attached and group.state != "triggered"),
        }

    def _reasons(self, group: AlertGroup, seen: GroupSeen) -> list[Dict]:
        reasons: list[Dict] = []
        if group.incident_id in self._incidents:
            url = f"/incidents/INC-{group.incident_id}"
            reasons.append(
                {"text": _("in INC-%(n)s") % {"n": group.incident_id}, "icon": "flame", "url": url}
            )
        if seen.alerts > 1:
            text = ngettext("%(n)s alert, one page", "%(n)s alerts, one page", seen.alerts)
            reasons.append({"text": text % {"n": seen.alerts}, "kind": "reason", "icon": "layers"})
        return reasons

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
