"""Every signal accounted for: one disposition, one reason, and counts that agree (I1; design section 5).

Of the whole installation, for whoever runs it: `muster signals`, the tests and the measurements ask here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from muster.core.intake import META_SCOPE, REASONS

ACCOUNT: Final = """\
SELECT disposition, reason, sum(signals) AS signals
FROM (
    SELECT disposition, reason, count(*) AS signals FROM detect_signal GROUP BY 1, 2
    UNION ALL
    SELECT CASE WHEN dedup_scope = '{meta}' THEN 'unreadable' ELSE 'merged' END,
        CASE WHEN dedup_scope = '{meta}' THEN 'beyond_ten_a_minute' ELSE 'already_open' END,
        sum(unkept)
    FROM detect_alert WHERE unkept > 0 GROUP BY 1, 2
    UNION ALL
    SELECT 'merged', 'already_open', sum(unkept) FROM detect_noted HAVING sum(unkept) > 0
) AS every_signal
GROUP BY 1, 2 ORDER BY 1, 2
""".replace("{meta}", META_SCOPE)
"""What became of every signal, counted; `docs/signals.md` prints the same text."""

AMISS: Final = """\
WITH noted AS (SELECT alert_id, sum(times) AS times, sum(unkept) AS unkept FROM detect_noted GROUP BY 1)
SELECT 'without_its_reason' AS what, count(*) AS number, min(id) AS first FROM detect_signal
WHERE disposition || ' ' || reason <> ALL (%(pairs)s)
UNION ALL
SELECT 'without_its_alert', count(*), min(id) FROM detect_signal s
WHERE disposition NOT IN ('rejected', 'noted') AND NOT EXISTS (
    SELECT FROM detect_alert a WHERE a.id = s.alert_id)
UNION ALL
SELECT 'counted_otherwise', count(*), min(id) FROM (
    SELECT a.id FROM detect_alert a JOIN detect_signal s ON s.alert_id = a.id
    LEFT JOIN noted ON noted.alert_id = a.id
    WHERE a.opened_at >= (SELECT min(received_at) FROM detect_signal) AND s.action IN ('trigger', 'unknown')
    GROUP BY a.id, noted.times, noted.unkept
    HAVING a.count + coalesce(noted.times, 0) <> a.unkept + coalesce(noted.unkept, 0) + count(*)
) AS differing
"""
"""What must never be: rows of signals, or of alerts, that contradict the account. Alerts that are older than
the oldest day of signals are left out: the rest of their signals is gone by now."""

PARAMETERS: Final[Mapping[str, Any]] = {
    "pairs": [f"{disposition} {reason}" for disposition, reasons in REASONS.items() for reason in reasons]
}
"""What `AMISS` is asked with: every disposition with each of its reasons."""


class What(StrEnum):
    """What may be amiss."""

    WITHOUT_ITS_REASON = "without_its_reason"
    WITHOUT_ITS_ALERT = "without_its_alert"
    COUNTED_OTHERWISE = "counted_otherwise"


@dataclass(frozen=True, slots=True)
class Line:
    """So many signals had this disposition for this reason."""

    disposition: str
    reason: str
    signals: int


@dataclass(frozen=True, slots=True)
class Amiss:
    """So many rows contradict the account; `first` is the number of the first signal, or of its alert."""

    what: What
    number: int
    first: int


@dataclass(frozen=True, slots=True)
class Account:
    """What became of all signals, and what is amiss: nothing, or the account is not to be trusted."""

    lines: tuple[Line, ...]
    amiss: tuple[Amiss, ...]

    @property
    def signals(self) -> int:
        """How many there were."""
        return sum(line.signals for line in self.lines)


def account() -> Account:
    """Count what became of every signal, and look for what contradicts it (engine side)."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT)
        lines = tuple(Line(disposition, reason, int(n)) for disposition, reason, n in cursor.fetchall())
        cursor.execute(AMISS, PARAMETERS)
        amiss = tuple(Amiss(What(what), n, first) for what, n, first in cursor.fetchall() if n)
    return Account(lines, amiss)
