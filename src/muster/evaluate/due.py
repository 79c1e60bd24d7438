"""What evaluate does by the clock: snoozes, silences and other holds end."""

from django.db import connection

from muster.core.permissions import system
from muster.evaluate.commands import decide_held_anew, evaluate_alerts, wake_group
from muster.foundation.access import queries
from muster.foundation.timeline.due import Due, Pool

BATCH = 50
HELD_EVERY_S = 10.0

_SNOOZED = """
    SELECT id, now() FROM evaluate_alertgroup
    WHERE snoozed_until <= now() AND state = 'acknowledged' ORDER BY snoozed_until LIMIT %s
"""
_AGAIN = "SELECT alert_id, now() FROM evaluate_decision WHERE again_at <= now() ORDER BY again_at LIMIT %s"


def wake_due_groups() -> int:
    """Page again for groups whose snooze has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_SNOOZED, [BATCH])
        rows = cursor.fetchall()
    for group_id, now in rows:
        wake_group(group_id, actor=system("wake_due_groups"), at=now)
    return len(rows)


# (OFFSET 0: few wait, and their alerts are looked up; PostgreSQL would read all alerts.)
_COUNTED = """
    SELECT d.alert_id, now() FROM evaluate_decision d
    CROSS JOIN LATERAL (SELECT * FROM detect_alert WHERE id = d.alert_id OFFSET 0) a
    WHERE d.again_count IS NOT NULL AND (a.count >= d.again_count OR a.state = 'resolved')
    ORDER BY d.alert_id LIMIT %s
"""


def decide_again() -> int:
    """Evaluate anew what was held back by a rule that has ended."""
    return _decide(_AGAIN, "decide_again")


def decide_counted() -> int:
    """Evaluate anew what a rule holds until it was seen more often, when its sender has sent it again."""
    return _decide(_COUNTED, "decide_counted")


def decide_held() -> int:
    """Judge again what is held back, so that none outlasts its reason."""
    decide_held_anew(actor=system("decide_held"), at=queries.now())
    return 0


def _decide(due: str, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(due, [BATCH])
        rows = cursor.fetchall()
    if rows:
        evaluate_alerts([alert_id for alert_id, _ in rows], actor=system(name), at=rows[0][1])
    return len(rows)


DUE = (
    Due("wake_due_groups", Pool.ENGINE, wake_due_groups),
    Due("decide_again", Pool.ENGINE, decide_again),
    Due("decide_counted", Pool.ENGINE, decide_counted),
    Due("decide_held", Pool.ENGINE, decide_held, every_s=HELD_EVERY_S),
)
