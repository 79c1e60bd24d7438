"""The timeline, as live streams read it: sealed events in the order of the chain (design sections 4 and 9).

Which events belong to which topic is decided here, by audience. A topic is `all`, or a row as events name it
(`incident:7`, `alert:9`). `all` carries only what everybody may see; a restricted incident's events go to
that incident's topic, and to another row's only where that row is restricted to the same audience.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
from django.db import connection

from muster.core.permissions import EVERYONE, Actor
from muster.core.refusal import Refused
from muster.foundation.access.queries import arrival_of
from muster.foundation.timeline import kinds
from muster.foundation.timeline.hints import CHANNEL
from muster.foundation.timeline.kinds import Sensitivity
from muster.web.dedicated import drop_connection, own_connection
from muster.web.streams import Audience, Fact, Fragment

ALL = "all"
_RIGHTS = ("grant.", "person.", "audience_member.", "audience.")
_SOON_SECONDS, _SOON_TIMES = 0.03, 3

_READS = {
    Audience.MEMBER: frozenset(Sensitivity),
    Audience.OBSERVER: frozenset((Sensitivity.OBSERVER, Sensitivity.STAKEHOLDER)),
    Audience.STAKEHOLDER: frozenset((Sensitivity.STAKEHOLDER,)),
}

_FACTS = """
    SELECT l.seq, e.id, e.kind, e.subject, e.incident, e.actor, e.at, e.audience_id,
           rs.audience_id, ri.audience_id
    FROM timeline_link l JOIN timeline_event e ON e.id = l.event_id
    LEFT JOIN timeline_restriction rs ON rs.scope = e.subject
    LEFT JOIN timeline_restriction ri ON ri.scope = 'incident:' || e.incident
"""
_AFTER = _FACTS + " WHERE l.seq > %s ORDER BY l.seq LIMIT %s"
_REPLAY = _FACTS + (
    " WHERE l.seq > %s AND l.seq <= %s AND (%s::text IS NULL OR e.subject = %s OR e.incident = %s)"
    " ORDER BY l.seq LIMIT %s"
)

Admit = Callable[[Actor, str], Audience | None]
"""How an actor may watch a topic now, or None. Read from the database; runs in the hub's threads."""
Render = Callable[["LiveEvent", str, Audience], Sequence[Fragment]]
"""What watchers of a topic are shown of an event; zone-neutral, and for the whole audience at once."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """The event behind a fact."""

    id: int
    kind: str
    subject: str
    incident: int | None
    actor: str
    at: datetime


def changed(event: LiveEvent, topic: str, audience: Audience) -> Sequence[Fragment]:
    """The plain rendering: say that something changed, so that the page fetches its part anew."""
    return [Fragment("changed", event.kind)]


class TimelineSource:
    """Reads links and events on the calling thread's own connection."""

    def __init__(self, admit: Admit, render: Render = changed) -> None:
        self._admit = admit
        self._render = render
        self._listening: object = None
        self._soon = 0

    def wait(self, seconds: float) -> None:
        """Until a hint or the time is up. A hint may run ahead of the sealer, so look again soon after."""
        own_connection()
        connection.ensure_connection()
        raw = cast("psycopg.Connection[Any]", connection.connection)
        if self._listening is not raw:
            raw.execute(f"LISTEN {CHANNEL}")
            self._listening = raw
        if self._soon:
            self._soon -= 1
            seconds = min(seconds, _SOON_SECONDS)
        for _ in raw.notifies(timeout=seconds, stop_after=1):
            self._soon = _SOON_TIMES

    def head(self) -> int:
        """See `LiveSource`."""
        own_connection()
        return last_sealed()

    def after(self, seq: int, limit: int) -> Sequence[Fact]:
        """See `LiveSource`."""
        own_connection()
        return [_fact(row) for row in _rows(_AFTER, (seq, limit))]

    def replay(self, topic: str, after: int, upto: int, limit: int) -> Sequence[Fact]:
        """See `LiveSource`."""
        own_connection()
        subject = None if topic == ALL else topic
        kind, _, number = topic.partition(":")
        incident = int(number) if kind == "incident" else None
        rows = _rows(_REPLAY, (after, upto, subject, subject, incident, limit))
        return [fact for row in rows if topic in (fact := _fact(row)).topics]

    def audiences(self, asked: Sequence[tuple[int, str]]) -> Sequence[Audience | None]:
        """See `LiveSource`. Each person is loaded once."""
        own_connection()
        actors: dict[int, Actor | None] = {person_id: _actor(person_id) for person_id, _ in asked}
        return [
            self._admit(actor, topic) if (actor := actors[person_id]) is not None else None
            for person_id, topic in asked
        ]

    def render(self, fact: Fact, topic: str, audience: Audience) -> Sequence[Fragment]:
        """See `LiveSource`. What an audience may not read is not rendered for it.

        Their page may show what follows from it all the same, who has a role for instance: they are told that
        something changed, not what. What is for members only moves nobody else's page.
        """
        own_connection()
        event: LiveEvent = fact.body
        sensitivity = kinds.known(event.kind).sensitivity
        if sensitivity in _READS[audience]:
            return self._render(event, topic, audience)
        return [] if sensitivity is Sensitivity.MEMBER else [Fragment("changed", "")]

    def release(self) -> None:
        """See `LiveSource`."""
        self._listening = None
        drop_connection()


def last_sealed() -> int:
    """The number of the last link, for a ticket: read it before what the page shows."""
    [(seq,)] = _rows("SELECT coalesce(max(seq), 0) FROM timeline_link", ())
    return int(seq)


def _actor(person_id: int) -> Actor | None:
    try:
        return arrival_of(person_id).actor
    except Refused:
        return None


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _fact(row: tuple[Any, ...]) -> Fact:
    seq, event_id, kind, subject, incident, actor, at, written, of_subject, of_incident = row
    body = LiveEvent(event_id, kind, subject, incident, actor, at)
    topics = _topics(subject, incident, written, of_subject, of_incident)
    return Fact(seq, topics, kind.startswith(_RIGHTS), body)


def _topics(
    subject: str, incident: int | None, written: int, of_subject: int | None, of_incident: int | None
) -> frozenset[str]:
    """Where an event may be heard; its audience is its subject's restriction, its incident's, or its own."""
    audience = of_subject or of_incident or written
    found = set()
    if audience == EVERYONE and (of_incident or EVERYONE) == EVERYONE:
        found.add(ALL)
    if of_incident in (None, EVERYONE, audience):
        found.add(subject)
    if incident is not None and audience in (of_incident or EVERYONE, EVERYONE):
        found.add(f"incident:{incident}")
    return frozenset(found)
