"""What Larkspur's senders brought lately: one steadily, one until this morning, one that needs a mapping."""

import random
from datetime import datetime, timedelta

from muster.core.signals import Action, make_signal
from muster.core.traffic import HOUR, hour_of
from muster.detect.commands import Received, keep_past_traffic, receive_signals
from muster.detect.models import Alert
from muster.detect.queries import integration_of, integrations
from muster.processes.demo.history import DEMO

_WEEK_HOURS = 7 * 24
_QUIET_HOURS = 7
_PAYLOADS = (
    {"check": "invoice-queue", "result": "ok", "detail": {"waiting": 12, "what": "Invoices wait"}},
    {"check": "ledger-sums", "result": "ok", "detail": {"off_by": 0, "what": "Ledger does not add up"}},
)


def tell_senders(at: datetime, seed: int) -> None:
    """Their traffic of the last week, and two payloads that nobody has mapped yet."""
    dice = random.Random(seed)
    now = hour_of(at)
    steady = {now - n * HOUR: dice.randint(30, 90) for n in range(_WEEK_HOURS)}
    stopped = {hour: dice.randint(2, 20) for hour in steady if hour <= now - _QUIET_HOURS * HOUR}
    for handle, hours in (("alertmanager", steady), ("storefront-monitor", stopped)):
        row = integration_of(DEMO, handle)
        keep_past_traffic(row.pk, dict(sorted(hours.items())), actor=DEMO, at=at - timedelta(seconds=40))
    for row in integrations(DEMO).filter(last_seen_at__isnull=True):
        lately = Alert.objects.filter(integration=row, opened_at__gt=at - _WEEK_HOURS * HOUR)
        hours = {hour_of(when): 1 for when in lately.values_list("opened_at", flat=True)}
        if hours:
            keep_past_traffic(row.pk, hours, actor=DEMO, at=at)
    checks = integration_of(DEMO, "billing-checks")
    ended = [make_signal(Action.RESOLVE, str(raw["check"]), raw=raw) for raw in _PAYLOADS]
    receive_signals([Received(bytes(checks.key_hash), checks.kind, tuple(ended))])
