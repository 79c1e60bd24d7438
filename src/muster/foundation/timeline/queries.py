"""Reads of the timeline: events as they are, and as people read them (design sections 4 and 12)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.foundation.timeline import kinds
from muster.foundation.timeline.audiences import visible_events
from muster.foundation.timeline.kinds import Sensitivity
from muster.foundation.timeline.models import Event

Names = Callable[[set[str]], Mapping[str, str]]
"""Finds how people read these subjects, for example `person:5`: the timeline itself knows no names."""

_NAMED = re.compile(r"[a-z_]+:\d+")
_PERSON_KEYS = re.compile(r"(?:.*_)?(?:person|people|commander|holder|by)(?:_.*)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One event as a person reads it; `seq` is None while it is not sealed."""

    id: int
    seq: int | None
    at: datetime
    kind: str
    icon: str
    sensitivity: Sensitivity
    actor: str
    actor_name: str
    subject: str
    incident: int | None
    sentence: str
    facts: Mapping[str, Any]


def every_event(actor: Actor) -> QuerySet[Event]:
    """All events that this actor may see, newest first."""
    return visible_events(actor).select_related("link").order_by("-id")


def events_of(subject: str, actor: Actor) -> QuerySet[Event]:
    """The events of one row, for example `alert:7`, newest first."""
    return every_event(actor).filter(subject=subject)


def events_of_incident(incident_id: int, actor: Actor) -> QuerySet[Event]:
    """The events that name an incident, whatever their subject, newest first."""
    return every_event(actor).filter(incident=incident_id)


def unsealed_older_than(seconds: float) -> list[int]:
    """The events that have waited longer than this for their link, by the database's clock: a finding.

    Those in the outbox, and of the last 20,000 also those that stand in no queue at all.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id FROM timeline_event e
               WHERE e.recorded_at < now() - make_interval(secs => %s)
                 AND NOT EXISTS (SELECT 1 FROM timeline_link k WHERE k.event_id = e.id)
                 AND (e.id > (SELECT max(id) - 20000 FROM timeline_event)
                      OR e.id IN (SELECT event_id FROM timeline_outbox))
               ORDER BY e.id""",
            [seconds],
        )
        return [event_id for (event_id,) in cursor.fetchall()]


def as_json(event: Event) -> dict[str, Any]:
    """An event as `muster timeline --json` gives it; `seq` and `hash` are null while it is unsealed."""
    link = getattr(event, "link", None)
    return {
        "seq": link.seq if link else None,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "subject": event.subject,
        "payload": event.payload,
        "hash": bytes(link.hash).hex() if link else None,
    }


def told(events: Iterable[Event], names: Names) -> list[Line]:
    """Word these events in the running language, with texts and names filled in; two queries and `names`."""
    found = list(events)
    texts = _texts([event.pk for event in found])
    facts = [_filled(event, texts.get(event.pk, {})) for event in found]
    wanted = {event.actor for event in found} | {s for f in facts for v in f.values() for s in _subjects(v)}
    known = names(wanted)
    return [_line(event, fact, known) for event, fact in zip(found, facts, strict=True)]


def words(kind: str, facts: Mapping[str, Any]) -> str:
    """The sentence of one kind of event; a fact that is missing is said to be so."""
    return kinds.known(kind).sentence(_Facts(facts))


class _Facts(dict[str, Any]):
    """Facts for a sentence: what an older event did not say reads as unknown instead of failing."""

    def __missing__(self, key: str) -> str:
        return _("unknown")


def _texts(event_ids: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, name, body FROM timeline_eventtext WHERE event_id = ANY(%s)", [event_ids]
        )
        for event_id, name, body in cursor.fetchall():
            found.setdefault(event_id, {})[name] = body
    return found


def is_text(value: Any) -> bool:
    """Whether a payload's value stands for human text: its salted digest."""
    return isinstance(value, dict) and set(value) == {"text"}


def _filled(event: Event, texts: Mapping[str, str]) -> dict[str, Any]:
    erased = _("erased")
    return {
        name: texts.get(name, erased) if is_text(value) else _person(name, value)
        for name, value in event.payload.items()
    }


def _person(name: str, value: Any) -> Any:
    """Numbers under a key that says so are people: `person`, `to_person`, `commander` ..."""
    if isinstance(value, list):
        return [_person(name, item) for item in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"person:{value}" if is_number and _PERSON_KEYS.fullmatch(name) else value


def _subjects(value: Any) -> list[str]:
    if isinstance(value, list):
        return [subject for item in value for subject in _subjects(item)]
    return [value] if isinstance(value, str) and _NAMED.fullmatch(value) else []


def _line(event: Event, facts: Mapping[str, Any], known: Mapping[str, str]) -> Line:
    kind = kinds.known(event.kind)
    named = {name: _named(value, known) for name, value in facts.items()}
    link = getattr(event, "link", None)
    return Line(
        id=event.pk,
        seq=link.seq if link else None,
        at=event.at,
        kind=event.kind,
        icon=kind.icon,
        sensitivity=kind.sensitivity,
        actor=event.actor,
        actor_name=known.get(event.actor, event.actor),
        subject=event.subject,
        incident=event.incident,
        sentence=words(event.kind, named),
        facts=named,
    )


def _named(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return ", ".join(str(_named(item, known)) for item in value)
    return known.get(value, value) if isinstance(value, str) else value
