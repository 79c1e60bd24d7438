"""The auditor's look: every question of `looks.sql`, by a connection of its own (design 7; I25).

The connection is not of Django's pool, so that an engine that has spent the pool is still looked at; each
question has a time limit, and one that takes longer makes the pass fail: then nothing is clean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources
from typing import Any, Final

import psycopg

from muster.core import watch
from muster.core.claim import LEASE
from muster.core.watch import Check, Found
from muster.foundation.timeline.apart import open_apart
from muster.foundation.timeline.lanes import groups, kinds_of

SLOWEST_MS = 5000
"""A question that takes longer is refused: it would tell too late, and burden those whom it watches."""
HOPELESS: Final = timedelta(minutes=2)
"""What is late by this much is wrong even while it moves: people wait."""

ROWS = (
    Check.ALERT_UNDECIDED,
    Check.GROUP_NOT_PAGED,
    Check.CALL_NOT_PAGED,
    Check.STEP_WITHOUT_TIME,
    Check.MESSAGE_FORGOTTEN,
    Check.PAGE_NOT_THROUGH,
    Check.LOOP_STANDS,
)
FOLLOWING = (
    Check.INCIDENT_NOT_CALLED,
    Check.STEP_WITHOUT_PAGE,
    Check.PAGE_WITHOUT_MESSAGE,
    Check.STEP_FAILED,
)
"""What must follow from events; asked of each event once."""
QUEUES = (
    Check.STEP_OVERDUE,
    Check.MESSAGE_OVERDUE,
    Check.WAKE_OVERDUE,
    Check.EVENTS_UNSEALED,
    Check.REACTIONS_BEHIND,
    Check.PARKED_OVERDUE,
)
"""What may be late for a while, as long as it moves."""

Marks = Mapping[str, str]
"""How far each late queue had come at the pass before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found, and what the next one compares itself with."""

    found: list[Found] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)


def _questions() -> dict[str, str]:
    text = resources.files(__package__).joinpath("looks.sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): body.strip() for name, _, body in parts}


QUESTIONS = _questions()


class Eye:
    """A connection of the auditor's own, opened when it is needed and again when it was lost."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def ask(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of one answer; a connection that failed is not used again.

        Raises:
            psycopg.Error: the database does not answer, or not in time.
        """
        if self._connection is None:
            fresh = open_apart(connect_timeout=5, application_name="muster auditor", prepare_threshold=None)
            fresh.execute(f"SET statement_timeout = {SLOWEST_MS}")
            self._connection = fresh
        try:
            cursor = self._connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def look(eye: Eye, span: tuple[int, int], marks: Marks) -> Seen:
    """Ask everything once. `span` is the part of the chain whose consequences are due: (from, up to]."""
    asked = values() | {"seq": span[0], "upto": span[1]}
    seen = Seen()
    for check in ROWS if span[0] >= span[1] else (*ROWS, *FOLLOWING):
        rows = eye.ask(QUESTIONS[check.value], asked)
        seen.found.extend(Found(check, about, facts) for about, facts in rows)
    for check in QUEUES:
        for about, facts, mark, hopeless in eye.ask(QUESTIONS[check.value], asked):
            name = f"{check.value} {about}"
            seen.marks[name] = mark
            if hopeless or marks.get(name) == mark:
                seen.found.append(Found(check, about, facts))
    return seen


def values() -> dict[str, Any]:
    """What every question is given: how late is late, and who reacts to what."""
    names = list(groups())
    return {
        "most": watch.MOST_OF_A_KIND,
        "late": watch.ALLOWED,
        "hopeless": HOPELESS,
        "healthy": watch.HEALTHY,
        "lease": LEASE,
        "longest_lease": watch.LONGEST_LEASE,
        "not_through": watch.NOT_THROUGH_AFTER,
        "loop_stands": watch.LOOP_STANDS_AFTER,
        "groups": names,
        "kinds": [",".join(kinds_of(name)) for name in names],
    }
