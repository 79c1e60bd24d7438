"""Alerts that come, wake Ana and pass: the same one again and again, days apart or minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from database import Clock
from engine import settle
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from senders import resolve, trigger

TESTS = system("tests")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Blink = Callable[..., Alert]


def send_mail() -> int:
    """Every e-mail that is due is accepted by its server."""
    climb_due_escalations()
    claimed = claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())
    results = [SendResult(one.delivery.pk, one.delivery.fence, Accepted()) for one in claimed]
    record_deliveries(results, actor=TESTS, at=queries.now())
    return len(results)


@pytest.fixture
def blink(key: str, paged: None, clock: Clock) -> Blink:
    """`blink(minutes=2, after=3 * HOUR)`: the probe fails, pages Ana, and is well again by itself."""

    def once(dedup: str = "probe", minutes: float = 2, after: timedelta = 3 * HOUR, **more: Any) -> Alert:
        labels = {"alertname": "ProbeFailed"} | more.pop("labels", {})
        receive_signals([trigger(key, dedup, labels=labels, **more)])
        settle()
        send_mail()
        clock.advance(minutes * MINUTE)
        receive_signals([resolve(key, dedup)])
        settle()
        clock.advance(after)
        return Alert.objects.filter(dedup_key=dedup).latest("id")

    return once
