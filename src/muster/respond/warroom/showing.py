"""What the screens of an incident show alike, as the plain dicts that the templates draw."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.permissions import EVERYONE, Actor
from muster.core.phases import Phase
from muster.core.wallclock import instant, wall_time, zone
from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.words import label
from muster.foundation.timeline.queries import Line

Dict = dict[str, Any]
_LOCAL = "%Y-%m-%dT%H:%M"


def person_dict(person: Person | None, actor: Actor) -> Dict | None:
    """A person; None is nobody."""
    if person is None:
        return None
    return {
        "name": person.name,
        "id": str(person.pk),
        "handle": person.handle,
        "you": person.pk == actor.id,
        "url": f"/people/{person.handle}",
    }


def length(span: timedelta) -> str:
    """A length of time in its largest units: `20 min`, `9 h 12 min`, `6 days`."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return _("%(m)d min") % {"m": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(h)d h %(m)d min") % {"h": hours, "m": minutes}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


def owed_clock(owed: Obligation, **more: Any) -> Dict:
    """What is owed, as a clock; whose it is stands in the label."""
    words = label(owed.kind, owed.audience)
    if owed.person is not None:
        words = _("%(what)s: %(who)s") % {"what": words, "who": owed.person.name}
    return {"label": words, "due_at": owed.due_at, "started_at": owed.armed_at, **more}


def url_of(incident: Incident, *parts: str) -> str:
    """An address within an incident."""
    return "/".join((f"/incidents/{incident.public_id}", *parts))


def head_of(incident: Incident, actor: Actor, about: str = "") -> Dict:
    """An incident as the head of its screens."""
    who = person_dict(incident.declared_by, actor)
    opener = _("a rule") if who is None else _("you") if who["you"] else who["name"]
    return {
        "id": incident.public_id,
        "title": incident.title,
        "severity": incident.severity,
        "open": Phase(incident.phase).is_open,
        "url": url_of(incident),
        "opened_at": incident.declared_at,
        "opened_by": opener,
        "about": about,
        "restricted": incident.audience_id != EVERYONE,
        "phase": incident.phase,
    }


def incident_rows(
    incidents: Sequence[Incident], due: dict[int, Obligation], actor: Actor, at: datetime
) -> list[Dict]:
    """Incidents as rows of `partials/incident_table.html`; `due` holds what each owes next."""
    return [_row(one, due.get(one.pk), actor, at) for one in incidents]


def _row(incident: Incident, owed: Obligation | None, actor: Actor, at: datetime) -> Dict:
    is_open = Phase(incident.phase).is_open
    ran = length((incident.resolved_at or at) - incident.declared_at)
    second = ran if is_open else _("resolved in %(length)s") % {"length": ran}
    row: Dict = {
        "id": incident.public_id,
        "title": incident.title,
        "url": url_of(incident),
        "severity": incident.severity,
        "open": is_open,
        "second": second if is_open or incident.resolved_at else "",
        "phase": incident.phase,
        "phase_since": incident.phase_since,
        "commander": person_dict(incident.commander, actor),
    }
    if owed is not None:
        row |= {"clock": owed_clock(owed), "clock_word": label(owed.kind, owed.audience).lower()}
    return row


def entry_dict(line: Line) -> Dict:
    """One line of the timeline; an update stands in a box."""
    shown: Dict = {
        "id": str(line.id),
        "at": line.at,
        "icon": line.icon,
        "who": str(line.facts.get("person") or line.actor_name) if _is_theirs(line) else line.actor_name,
        "said": line.sentence,
        "by": "person" if line.kind == "entry.said" else "machine",
        "kind": _entry_kind(line.kind),
    }
    if line.kind == "update.posted":
        title = _("Update %(number)s") % line.facts
        status = str(line.facts.get("status") or "")
        shown |= {
            "title": f"{title}, {status}" if status else title,
            "said": _("by %(who)s, %(audience)s") % {"who": line.actor_name, **line.facts},
            "quote": line.facts["body"],
        }
    return shown


def _is_theirs(line: Line) -> bool:
    """Whether the sentence tells of a responder, whoever wrote it down."""
    return line.kind.startswith("responder.")


def _entry_kind(kind: str) -> str:
    if kind in ("update.posted", "page_update.posted"):
        return "update"
    if kind == "entry.said":
        return "say"
    return "decision" if kind.startswith("incident.") else "other"


def options(pairs: Iterable[tuple[str, str]], chosen: str = "") -> list[Dict]:
    """The options of a select or of tiles: value and word."""
    return [{"value": value, "word": word, "chosen": value == chosen} for value, word in pairs]


def local_text(at: datetime | None, timezone: str) -> str:
    """An instant as `datetime-local` fields write it, in somebody's zone; empty for None."""
    return wall_time(at, zone(timezone)).strftime(_LOCAL) if at is not None else ""


def local_instant(text: str, timezone: str) -> datetime | None:
    """What a `datetime-local` field says in somebody's zone; None when it says nothing.

    Raises:
        ValueError: it is no such time.
    """
    if not text.strip():
        return None
    when = datetime.fromisoformat(text.strip())
    return when if when.tzinfo is not None else instant(when, zone(timezone))
