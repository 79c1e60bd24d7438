"""A test signal: it takes the way of every signal of its integration, and says in its summary what it is."""

from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.detect.commands.intake import Received, receive_signals
from muster.detect.models import Integration
from muster.detect.queries import key_of_tests
from muster.detect.reasons import Detect
from muster.foundation.timeline.pen import command, lock, record

_SUMMARY = "Test signal of %s: nothing is wrong"


def send_test_signal(integration_id: int, *, actor: Actor, at: datetime) -> int:
    """Send a signal as an integration's sender would, of severity info; returns the number of its alert.

    While the alert of an earlier test is open, it joins that. The alert is as real as any other: whoever its
    service pages for what is not urgent is paged.

    Raises:
        Refused: not the service's team manager or an admin; it is disconnected.
    """
    return _sent(_begin_test(integration_id, Action.TRIGGER, actor=actor, at=at), Action.TRIGGER)


def end_test_signal(integration_id: int, *, actor: Actor, at: datetime) -> int:
    """Send the signal that ends the test; returns the number of its alert, or 0 when none was open.

    Raises:
        Refused: as for `send_test_signal`.
    """
    return _sent(_begin_test(integration_id, Action.RESOLVE, actor=actor, at=at), Action.RESOLVE)


@command
def _begin_test(integration_id: int, action: Action, *, actor: Actor, at: datetime) -> Integration:
    """Ask who may, and say in the timeline who did: the signal itself comes from the integration."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if row.retired_at is not None:
        raise Refused(Detect.INTEGRATION_RETIRED, {"handle": row.handle})
    return record(row, Change("integration.tested", {}, {"action": action}), actor=actor, at=at)


def _sent(row: Integration, action: Action) -> int:
    received = Received(bytes(row.key_hash), row.kind, (_signal(row, action),))
    [taken] = receive_signals([received])
    if not taken.known:
        raise Refused(Detect.INTEGRATION_RETIRED, {"handle": row.handle})
    return taken.alerts[0]


def _signal(row: Integration, action: Action) -> Signal:
    return make_signal(
        action,
        key_of_tests(row),
        summary=_SUMMARY % row.handle,
        severity=SignalSeverity.INFO,
        source="muster",
        labels={"muster_test": "true"},
        raw={"muster_test": True, "action": str(action), "integration": row.handle},
    )
