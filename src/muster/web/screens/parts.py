"""What several screens show alike: people, clocks and incidents as the dicts of `templatetags/muster.py`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.permissions import Actor, Right, decide
from muster.core.permissions import Granted as May
from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Team
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import OPEN
from muster.mobilize.oncall.queries import LOOKED_AHEAD

Dict = dict[str, Any]


def person_of(person: Person | None, actor: Actor) -> Dict | None:
    """A person as the templates draw them; None is nobody."""
    if person is None:
        return None
    return {
        "name": person.name,
        "id": str(person.pk),
        "handle": person.handle,
        "you": person.pk == actor.id,
        "url": f"/people/{person.handle}",
    }


def may(actor: Actor, right: Right, **about: Any) -> bool:
    """Whether a control is this actor's to use: one that is not is not shown."""
    return isinstance(decide(actor, right, **about), May)


def span(seconds: float) -> str:
    """A length of time in the two largest units: "9 h 12 min"."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return ngettext("%(days)s day", "%(days)s days", hours // 24) % {"days": hours // 24}


def clock_of(label: str, due_at: datetime, started_at: datetime, **more: Any) -> Dict:
    """A clock with its fuse."""
    return {"label": label, "due_at": due_at, "started_at": started_at, **more}


def incident_rows(incidents: Sequence[Incident], actor: Actor, at: datetime) -> list[Dict]:
    """Incidents as the table of `partials/incident_table.html`, each with its nearest clock."""
    clocks = _nearest(incidents, actor)
    return [_incident_row(incident, clocks.get(incident.pk), actor, at) for incident in incidents]


def _nearest(incidents: Sequence[Incident], actor: Actor) -> dict[int, Obligation]:
    shown = [one.pk for one in incidents]
    owed = Obligation.objects.visible_to(actor).filter(incident__in=shown, state__in=OPEN)
    rows = owed.filter(due_at__isnull=False).order_by("-due_at")
    return {row.incident: row for row in rows if row.incident is not None}


def _incident_row(incident: Incident, owed: Obligation | None, actor: Actor, at: datetime) -> Dict:
    over = incident.resolved_at or incident.closed_at
    length = span(((over or at) - incident.declared_at).total_seconds())
    row: Dict = {
        "id": incident.public_id,
        "title": incident.title,
        "url": f"/incidents/{incident.public_id}",
        "severity": incident.severity,
        "open": over is None and incident.phase not in {"dismissed", "merged", "backlog"},
        "second": _("resolved in %(length)s") % {"length": length} if over else length,
        "phase": incident.phase,
        "phase_since": incident.phase_since,
        "commander": person_of(incident.commander, actor),
    }
    if owed is not None and owed.due_at is not None:
        row["clock"] = clock_of(incident.title, owed.due_at, owed.armed_at)
        row["clock_word"] = owed_word(owed.kind)
    return row


def owed_word(kind: str) -> str:
    """What is owed, in one word."""
    words = {
        "acknowledge_by": _("answer"),
        "commander_by": _("commander"),
        "ready_by": _("ready"),
        "update_by": _("update"),
        "handover_by": _("handover"),
        "status_check_by": _("status check"),
        "postmortem_draft_by": _("draft"),
        "postmortem_done_by": _("postmortem"),
        "postmortem_meeting_by": _("meeting"),
        "action_item_by": _("action item"),
    }
    return words.get(kind, kind.removesuffix("_by").replace("_", " "))


def shift_end(end: datetime, at: datetime, style: str = "full") -> Any:
    """Until when somebody is on call, as `shift_at` found it: it looks no further than four weeks."""
    if end >= at + LOOKED_AHEAD:
        return _("nobody takes over in the next four weeks")
    return [_("until "), {"at": end, "style": style}]


def count_words(count: int, one: str, many: str) -> str:
    """The heading's number in words up to ten: "Three"."""
    words = [
        _("No"), _("One"), _("Two"), _("Three"), _("Four"), _("Five"),
        _("Six"), _("Seven"), _("Eight"), _("Nine"), _("Ten"),
    ]  # fmt: skip
    number = words[count] if count < len(words) else str(count)
    return f"{number} {one if count == 1 else many}"


def names(people: Iterable[Person]) -> str:
    """Names in a row."""
    return ", ".join(person.name for person in people)


def soon(at: datetime, hours: int = 7 * 24) -> datetime:
    """The end of the span that on-call screens look ahead."""
    return at + timedelta(hours=hours)


def teams_of(actor: Actor) -> list[Team]:
    """The teams in use that this actor may see, by name."""
    return list(Team.objects.visible_to(actor).filter(retired_at__isnull=True).order_by("name"))
