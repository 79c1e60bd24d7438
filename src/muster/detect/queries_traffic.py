"""How integrations do: how much they send, what of it was refused and why, and who has gone quiet.

However many signals are stored, no more is read for it than their counts by the hour (`commands.traffic`) and
the few thousand signals at most that are too new to be counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from muster.core import unreadable
from muster.core.intake import META_SCOPE, Disposition
from muster.core.permissions import Actor
from muster.core.signals import bounded_key
from muster.core.traffic import HOUR, SHORT, Doing, Rhythm, by_hour, doing, hour_of
from muster.detect import source_kinds
from muster.detect.models import Alert, Integration, Signal
from muster.detect.queries import key_of_tests

REFUSING = (Disposition.UNREADABLE, Disposition.REJECTED)
"""What became of signals that brought nothing about."""
UNCOUNTED = 10_000
"""So many signals at most are looked at because they are too new to be counted."""
_LOOKED_THROUGH = 5_000
_ERROR_HOURS = 3

Refusal = tuple[str, str]
"""A disposition and its reason."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an integration brought: in the last hour, in the last day by the hour, and what was refused of it.

    Identical repeats of a storm that have no row of their own are not counted. `is_whole` is False while so
    much comes that the newest is not counted yet.
    """

    doing: Doing
    last_hour: int = 0
    hours: tuple[int, ...] = ()
    refused: Mapping[Refusal, int] = field(default_factory=dict)
    is_whole: bool = True

    @property
    def last_day(self) -> int:
        """How many came in the last 24 hours."""
        return sum(self.hours)

    @property
    def unreadable(self) -> int:
        """How much of the last day could not be read."""
        return sum(count for (said, _), count in self.refused.items() if said == Disposition.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that was refused: when, how, why, and what the sender was told."""

    at: datetime
    disposition: str
    reason: str
    errors: tuple[str, ...] = ()
    key: str = ""
    alert: int | None = None


_COUNTED = """
    SELECT integration_id, seconds, starts_at, disposition, reason, signals FROM detect_traffic
    WHERE integration_id = ANY(%(ids)s)
        AND ((seconds = %(hour)s AND starts_at > %(at)s - interval '24 hours')
            OR (seconds = %(short)s AND starts_at > %(at)s - interval '1 hour'))
"""
_NEWEST = """
    SELECT integration_id, disposition, reason, count(*) FROM (
        SELECT integration_id, disposition, reason FROM detect_signal
        WHERE id > (SELECT signal FROM detect_trafficmark WHERE id = 1)
            AND received_at > (SELECT least(received_at, now()) - interval '1 day'
                               FROM detect_trafficmark WHERE id = 1)
        ORDER BY id LIMIT %(most)s
    ) AS newest GROUP BY 1, 2, 3
"""
_RHYTHM = """
    SELECT integration_id, count(*), max(starts_at - before) FROM (
        SELECT integration_id, starts_at,
            lag(starts_at) OVER (PARTITION BY integration_id ORDER BY starts_at) AS before
        FROM (SELECT DISTINCT integration_id, starts_at FROM detect_traffic
              WHERE integration_id = ANY(%(ids)s) AND seconds = %(hour)s) AS active
    ) AS paced GROUP BY 1
"""


def traffic_of(rows: Sequence[Integration], at: datetime) -> dict[int, Figures]:
    """What these integrations, which the caller was shown, brought lately; by their numbers."""
    values: dict[str, Any] = {
        "ids": [row.pk for row in rows],
        "at": at,
        "hour": HOUR.seconds,
        "short": SHORT.seconds,
        "most": UNCOUNTED,
    }
    counted = _Counted(at)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, values)
        for id_, seconds, starts_at, disposition, reason, signals in cursor.fetchall():
            counted.add(id_, seconds, starts_at, (disposition, reason), signals)
        cursor.execute(_NEWEST, values)
        for id_, disposition, reason, signals in cursor.fetchall():
            counted.add_newest(id_, (disposition, reason), signals)
        cursor.execute(_RHYTHM, values)
        rhythms = {id_: Rhythm(hours, longest or timedelta()) for id_, hours, longest in cursor.fetchall()}
    return {row.pk: counted.of(row, rhythms.get(row.pk, Rhythm())) for row in rows}


class _Counted:
    """Counts by integration, while they are read."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._hours: dict[int, list[tuple[datetime, int]]] = {}
        self._short: Counter[int] = Counter()
        self._refused: dict[int, Counter[Refusal]] = {}
        self._newest = 0

    def add(self, id_: int, seconds: int, starts_at: datetime, said: Refusal, signals: int) -> None:
        if seconds == SHORT.seconds:
            self._short[id_] += signals
            return
        self._hours.setdefault(id_, []).append((starts_at, signals))
        if said[0] in REFUSING:
            self._refused.setdefault(id_, Counter())[said] += signals

    def add_newest(self, id_: int, said: Refusal, signals: int) -> None:
        """Of the last seconds: they belong to this hour."""
        self._newest += signals
        if said[0] == Disposition.UNREADABLE:
            return  # counted where it is kept
        self.add(id_, HOUR.seconds, hour_of(self._at), said, signals)
        self.add(id_, SHORT.seconds, self._at, said, signals)

    def of(self, row: Integration, rhythm: Rhythm) -> Figures:
        refused = self._refused.get(row.pk, Counter())
        unread = sum(count for (said, _), count in refused.items() if said == Disposition.UNREADABLE)
        stands = doing(
            is_off=row.retired_at is not None,
            last_seen_at=row.last_seen_at,
            unreadable=unread,
            rhythm=rhythm,
            at=self._at,
        )
        hours = by_hour(self._hours.get(row.pk, ()), self._at)
        whole = self._newest < UNCOUNTED
        return Figures(stands, self._short[row.pk], hours, dict(refused.most_common()), whole)


_ERROR_HOURS_OF = """
    SELECT starts_at FROM detect_traffic
    WHERE integration_id = %s AND seconds = %s AND disposition = 'unreadable'
    ORDER BY starts_at DESC LIMIT %s
"""
_REJECTED = """
    SELECT received_at, disposition, reason, dedup_key FROM (
        SELECT id, received_at, integration_id, disposition, reason, dedup_key FROM detect_signal
        WHERE alert_id IS NULL ORDER BY alert_id DESC, id DESC LIMIT %s
    ) AS newest
    WHERE integration_id = %s AND disposition = 'rejected' ORDER BY id DESC LIMIT %s
"""


def last_mistakes(actor: Actor, row: Integration, most: int = 5) -> list[Mistake]:
    """The last that was refused of what an integration brought, newest first.

    What could not be read is found through our own alerts about it; what changed nothing, among the newest
    signals that concern no alert. Both have their index.
    """
    found = _unread(actor, row, most)
    with connection.cursor() as cursor:
        cursor.execute(_REJECTED, [_LOOKED_THROUGH, row.pk, most])
        found += [Mistake(at, said, why, key=key) for at, said, why, key in cursor.fetchall()]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


def _unread(actor: Actor, row: Integration, most: int) -> list[Mistake]:
    with connection.cursor() as cursor:
        cursor.execute(_ERROR_HOURS_OF, [row.pk, HOUR.seconds, _ERROR_HOURS])
        hours = [at for (at,) in cursor.fetchall()]
    keys = {bounded_key(f"{unreadable.KIND}:{unreadable.about(row.handle, hour)}") for hour in hours}
    alerts = Alert.objects.visible_to(actor).filter(dedup_scope=META_SCOPE, dedup_key__in=keys)
    numbers = list(alerts.order_by("-id").values_list("pk", flat=True)[:_ERROR_HOURS])
    signals = Signal.objects.filter(alert__in=numbers).order_by("-id")[:most]
    return [
        Mistake(one.received_at, one.disposition, one.reason, tuple(one.raw["errors"]), alert=one.alert_id)
        for one in signals
    ]


def last_test(actor: Actor, row: Integration) -> Alert | None:
    """The alert of the last test signal, if there was one that the actor may see."""
    scope = source_kinds.scope_of(row.kind, row.service_id)
    tests = Alert.objects.visible_to(actor).filter(dedup_scope=scope, dedup_key=key_of_tests(row))
    return tests.select_related("service").order_by("-id").first()
