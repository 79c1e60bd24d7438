"""Past alerts that are like one: the same key, the same labels, or the same words.

However many alerts there are, only so many are compared: those of the same key, and the newest of the same
service and of all services, each by an index that is there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from muster.core.likeness import Likeness, Shared, likeness, shape
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.detect.queries import alerts

COMPARED = 500
_SAME_KEY = 20


@dataclass(frozen=True, slots=True)
class Similar:
    """A past alert, and why it is like this one."""

    alert: Alert
    likeness: Likeness


# Words are PostgreSQL's: those of the full text of a summary, without what differs from time to time. OFFSET
# keeps the planner from finding them again for every word that is compared.
_COMPARED = """
    WITH own AS (
        SELECT tsvector_to_array(to_tsvector('simple', %(shape)s)) AS words, %(labels)s::jsonb AS labels
    ), candidate AS (
        (SELECT id FROM detect_alert
         WHERE dedup_scope = %(scope)s AND dedup_key = %(key)s AND state = 'resolved' AND id <> %(id)s
            AND (%(all)s OR audience_id = ANY(%(audiences)s)) ORDER BY id DESC LIMIT %(same)s)
        UNION (SELECT id FROM (
            SELECT id, state FROM detect_alert
            WHERE service_id = %(service)s AND (%(all)s OR audience_id = ANY(%(audiences)s))
            ORDER BY id DESC LIMIT %(most)s) AS of_service WHERE state = 'resolved' AND id <> %(id)s)
        UNION (SELECT id FROM (
            SELECT id, state FROM detect_alert WHERE %(all)s OR audience_id = ANY(%(audiences)s)
            ORDER BY id DESC LIMIT %(most)s) AS newest WHERE state = 'resolved' AND id <> %(id)s)
    )
    SELECT a.id, a.dedup_scope = %(scope)s AND a.dedup_key = %(key)s,
        (SELECT count(*) FROM jsonb_each(a.labels) AS label WHERE own.labels -> label.key = label.value),
        (SELECT count(*) FROM unnest(own.words) AS word
         WHERE word = ANY (theirs.words)),
        cardinality(own.words)
    FROM candidate JOIN detect_alert a USING (id) CROSS JOIN own
    CROSS JOIN LATERAL (
        SELECT tsvector_to_array(to_tsvector('simple', a.summary)) AS words OFFSET 0) AS theirs
"""


def similar_alerts(actor: Actor, alert: Alert, limit: int) -> list[Similar]:
    """The resolved alerts that are most like one which the caller was shown: the strongest reason first, then
    the newest."""
    values: dict[str, Any] = {
        "id": alert.pk,
        "scope": alert.dedup_scope,
        "key": alert.dedup_key,
        "service": alert.service_id,
        "shape": _words_of(alert.summary),
        "labels": _json(alert.labels),
        "all": actor.sees_everything,
        "audiences": sorted(actor.audiences),
        "same": _SAME_KEY,
        "most": COMPARED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, values)
        found = [
            (why.rank, -id_, why)
            for id_, same_key, labels, words, own_words in cursor.fetchall()
            if (why := likeness(Shared(same_key, labels, words), len(alert.labels), own_words)) is not None
        ]
    chosen = sorted(found)[:limit]
    rows = _by_number(actor, [-number for _, number, _ in chosen])
    return [Similar(rows[-number], why) for _, number, why in chosen if -number in rows]


def _by_number(actor: Actor, numbers: Sequence[int]) -> Mapping[int, Alert]:
    rows = alerts(actor).select_related("decision__group__incident").filter(pk__in=numbers)
    return {row.pk: row for row in rows}


def _words_of(summary: str) -> str:
    """The words of a summary that stay the same when the same trouble comes again."""
    return " ".join(word for word in shape(summary).split() if word != "#")


def _json(labels: Mapping[str, Any]) -> str:
    return json.dumps(labels)
