"""How many signals each integration brings, counted for people after the fact.

Every signal is counted once, by a worker, some seconds after it came, so that no sender waits for it and no
screen reads signals to count them. What could not be read is rare and is counted where it is kept.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from muster.core.intake import Disposition, IntakeReason
from muster.core.permissions import Actor
from muster.core.traffic import HOUR, KEPT_HOURS, KEPT_SHORT, SHORT
from muster.detect.models import Integration, Traffic
from muster.foundation.timeline.pen import command, touch

AT_ONCE = 20_000
"""So many signals are counted in one transaction."""
_SPANS = {"short": SHORT.seconds, "hour": HOUR.seconds}

_MARK = """
    SELECT signal, least(received_at, now()) - interval '1 day' FROM detect_trafficmark
    WHERE id = 1 FOR UPDATE SKIP LOCKED
"""

# Numbers are given before they are committed: only what came ten seconds ago is counted, and nothing behind
# one that came later. That is nearly always whole: a batch that waits longer than that for its commit, while
# later ones are counted, is never counted here. Its signals are kept, and `muster signals` counts them.
_COUNT = """
    WITH came AS MATERIALIZED (
        SELECT id, received_at, integration_id, disposition, reason FROM detect_signal
        WHERE id > %(mark)s AND received_at > %(since)s ORDER BY id LIMIT %(most)s
    ), settled AS MATERIALIZED (
        SELECT * FROM came WHERE id < coalesce(
            (SELECT min(id) FROM came WHERE received_at > now() - interval '10 s'), 9223372036854775807)
    ), counted AS (
        INSERT INTO detect_traffic AS kept
            (integration_id, seconds, starts_at, disposition, reason, signals)
        SELECT integration_id, span.seconds,
            date_bin(make_interval(secs => span.seconds), received_at, '2000-01-01 00:00+00'::timestamptz),
            disposition, reason, count(*)
        FROM settled CROSS JOIN (VALUES (%(short)s::int), (%(hour)s::int)) AS span(seconds)
        WHERE disposition <> 'unreadable'
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (integration_id, seconds, starts_at, disposition, reason)
            DO UPDATE SET signals = kept.signals + excluded.signals
    )
    UPDATE detect_trafficmark AS mark SET signal = last.id, received_at = last.at
    FROM (SELECT max(id) AS id, max(received_at) AS at, count(*) AS signals FROM settled) AS last
    WHERE mark.id = 1 AND last.id IS NOT NULL RETURNING last.signals
"""

_UNREADABLE = """
    INSERT INTO detect_traffic AS kept (integration_id, seconds, starts_at, disposition, reason, signals)
    SELECT %(integration)s::bigint, span.seconds,
        date_bin(make_interval(secs => span.seconds), now(), '2000-01-01 00:00+00'::timestamptz),
        %(disposition)s, %(reason)s, %(signals)s::bigint
    FROM (VALUES (%(short)s::int), (%(hour)s::int)) AS span(seconds)
    ON CONFLICT (integration_id, seconds, starts_at, disposition, reason)
        DO UPDATE SET signals = kept.signals + excluded.signals
"""

_FORGET = """
    DELETE FROM detect_traffic
    WHERE starts_at < now() - %(hours)s OR (seconds = %(span)s AND starts_at < now() - %(short)s)
"""


def count_signals() -> int:
    """Count the signals that came since the last time; returns how many. Nothing while another worker does.

    They are walked in the order of their numbers, through the index that their table has.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MARK)
        found = cursor.fetchone()
        if found is None:
            return 0
        values: dict[str, Any] = {"mark": found[0], "since": found[1], "most": AT_ONCE, **_SPANS}
        cursor.execute(_COUNT, values)
        counted = cursor.fetchone()
    return int(counted[0]) if counted is not None else 0


def count_unreadable(integration_id: int, reasons: Mapping[IntakeReason, int]) -> None:
    """Count what could not be read, within the transaction that keeps it; the integration is locked."""
    with connection.cursor() as cursor:
        for reason, signals in sorted(reasons.items()):
            values: dict[str, Any] = {"integration": integration_id, "signals": signals, **_SPANS}
            said = {"disposition": str(Disposition.UNREADABLE), "reason": str(reason)}
            cursor.execute(_UNREADABLE, values | said)


def forget_traffic(hours: timedelta = KEPT_HOURS, short: timedelta = KEPT_SHORT) -> int:
    """Drop counts that are older than what is kept; returns how many."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"hours": hours, "short": short, "span": SHORT.seconds}
        cursor.execute(_FORGET, values)
        return int(cursor.rowcount)


@command
def keep_past_traffic(
    integration_id: int, hours: Mapping[datetime, int], *, actor: Actor, at: datetime
) -> None:
    """Keep how much an integration brought in each of these hours, for the demo; the last of them ended with
    its last signal."""
    said = {"disposition": Disposition.MERGED, "reason": IntakeReason.ALREADY_OPEN}
    Traffic.objects.bulk_create(
        Traffic(integration_id=integration_id, seconds=seconds, starts_at=hour, signals=signals, **said)
        for hour, signals in hours.items()
        for seconds in _SPANS.values()
    )
    seen = min(max(hours) + HOUR, at)
    touch([Integration(pk=integration_id, last_seen_at=seen)], "last_seen_at")
