"""One sender and one person who acknowledges the same page; the sender is stopped where we say."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection, connections

from muster.core.claim import Subject, may_claim
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor, system
from muster.foundation.access import queries
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation.commands import acknowledge_group
from muster.mobilize.paging.commands import claim_deliveries
from muster.mobilize.paging.facts import facts_of
from muster.mobilize.paging.models import Delivery

TESTS = system("tests")
BLOCKED_S = 0.03
"""Where the sender holds the lock that the acknowledgement needs, it goes on after this long."""
FREE_S = 10.0
"""Where it holds none, the acknowledgement answers, however slow the machine is."""

Claim = Callable[[int], bool]
"""Claims the delivery with this number; whether it may be sent now."""


class Step(StrEnum):
    """Where the sender stands still while somebody acknowledges."""

    BEFORE_THE_CLAIM = "before the claim"
    DELIVERY_LOCKED = "delivery locked, subject not yet read"
    SUBJECT_READ = "subject read, nothing written"
    WRITTEN = "written, not committed"
    COMMITTED = "committed, not sent"
    NOWHERE = "not stopped at all"


# The statement of the claim around which each step lies, and whether the stop is after it.
_STATEMENTS = {
    Step.DELIVERY_LOCKED: ("FOR NO KEY UPDATE", True),
    Step.SUBJECT_READ: ("FOR SHARE", True),
    Step.WRITTEN: ("timeline_outbox", True),
}


@dataclass
class Round:
    """What one round brought."""

    step: Step
    claimed: bool = False
    seen_at_answer: str = ""
    """The delivery's state in the first moment after the acknowledgement had answered."""
    errors: list[BaseException] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """A send started (its claim was committed) after the acknowledgement had answered."""
        return self.claimed and self.seen_at_answer != "sending"


def claim_as_the_product(delivery_id: int) -> bool:
    """The product's own claim."""
    claimed = claim_deliveries("email", 8, True, actor=TESTS, at=queries.now())
    assert [one.delivery.pk for one in claimed] in ([], [delivery_id])
    return bool(claimed)


@command
def claim_without_looking(delivery_id: int, *, actor: Actor, at: Any) -> bool:
    """A claim that believes what it read earlier: how it would be if the subject were not read again."""
    row = lock(Delivery, delivery_id)
    verdict = may_claim(
        Subject(AlertState.TRIGGERED, True, row.epoch), facts_of(row), at=at, contact_usable=True
    )
    assert verdict.change is not None
    record(row, verdict.change, actor=actor, at=at)
    return verdict.may_send


class Race:
    """`Race(claim).run(step, ...)`: one round."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def run(self, step: Step, group_id: int, delivery_id: int, person: Actor) -> Round:
        """Both run; the sender waits at `step` until the acknowledgement has answered or is blocked by it."""
        outcome = Round(step)
        stands, answered = threading.Event(), threading.Event()

        def stop_here() -> None:
            stands.set()
            answered.wait(BLOCKED_S if step in (Step.SUBJECT_READ, Step.WRITTEN) else FREE_S)

        def send() -> None:
            with _stopping(step, stop_here):
                outcome.claimed = self._claim(delivery_id)
            if step is Step.COMMITTED:
                stop_here()
            stands.set()

        def acknowledge() -> None:
            stands.wait(10)
            acknowledge_group(group_id, actor=person, at=queries.now())
            outcome.seen_at_answer = Delivery.objects.values_list("state", flat=True).get(pk=delivery_id)
            answered.set()

        threads = [_thread(work, outcome.errors) for work in (send, acknowledge)]
        if step is Step.NOWHERE:
            stands.set()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive(), f"{step}: one of the two hangs"
        return outcome


@contextmanager
def _stopping(step: Step, stop: Callable[[], None]) -> Iterator[None]:
    """Stop this thread's connection once, at the statement that the step names."""
    if step is Step.BEFORE_THE_CLAIM:
        stop()
    text, after = _STATEMENTS.get(step, ("", False))
    done: list[bool] = []

    def wrapper(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if text and after and text in str(sql) and not done:
            done.append(True)
            stop()
        return result

    with connection.execute_wrapper(wrapper):
        yield


def _thread(work: Callable[[], None], errors: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)
        finally:
            connections.close_all()

    return threading.Thread(target=run, daemon=True)
