"""Every check of the auditor trips on its fault, puts it right, and tells (I5-I9).

The faults are put into the tables as an intruder with psql would, since the engine itself leaves none behind.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine import settle
from muster.core.ports.contact import FailureReason
from muster.core.retry import AttemptFailed
from muster.core.watch import TOLD_ONLY, Check
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import Declaration, declare_incident
from muster.foundation.access import queries
from muster.foundation.catalog.models import Service
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.sealer import seal_all
from muster.foundation.timeline.verify import verify
from muster.mobilize.escalation import commands
from muster.mobilize.paging.commands import SendResult, record_deliveries
from muster.mobilize.paging.models import Delivery
from muster.mobilize.watch.looks import QUESTIONS
from senders import trigger
from watched import TESTS, Watched, claim


def fail(watched: Watched, *, permanent: bool, times: int = 1) -> None:
    """The provider refuses the message that is due, so many times."""
    for _ in range(times):
        watched.clock.advance(timedelta(seconds=20))
        [claimed] = claim()
        failed = AttemptFailed(permanent, FailureReason.RECIPIENT_REFUSED)
        result = SendResult(claimed.delivery.pk, claimed.fence, failed)
        record_deliveries([result], actor=TESTS, at=queries.now())


def pass_lanes(watched: Watched) -> None:
    """Seal, and let every lane go past what it should have reacted to (M07)."""
    seal_all()
    watched.database.as_owner("UPDATE timeline_lane SET seq = (SELECT max(seq) FROM timeline_link)")


def undecided(watched: Watched) -> None:
    """The effect of `alert.opened` is lost."""
    receive_signals([trigger(watched.key)])
    pass_lanes(watched)


def without_ladder(watched: Watched) -> None:
    """The escalation is gone, and all that it began."""
    watched.alert()
    for table in ("paging_delivery", "paging_page", "escalation_escalation"):
        watched.break_in(table, f"DELETE FROM {table}")


def stopped(watched: Watched) -> None:
    """The escalation was stopped, and nobody had answered."""
    watched.alert()
    sql = "UPDATE escalation_escalation SET state = 'stopped', due_at = NULL"
    watched.break_in("escalation_escalation", sql)


def call_without_ladder(watched: Watched) -> None:
    """Ana is called by hand, and nothing follows."""
    commands.page_target("person:ana", actor=watched.cast("ben").actor, at=queries.now(), summary="Come")
    settle()
    for table in ("paging_delivery", "paging_page", "escalation_escalation"):
        watched.break_in(table, f"DELETE FROM {table}")


def incident_without_calls(watched: Watched) -> None:
    """The effect of `incident.declared` is lost."""
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now())
    ben = watched.cast("ben")
    service = Service.objects.get(handle="checkout").pk
    said = Declaration("Checkout fails", severity="SEV1", services=(service,))
    declare_incident(said, actor=ben.actor, at=ben.at)
    pass_lanes(watched)


def without_time(watched: Watched) -> None:
    """The chain is broken in the middle (peers 2b)."""
    watched.alert()
    watched.break_in("escalation_escalation", "UPDATE escalation_escalation SET due_at = NULL")


def overdue(watched: Watched) -> None:
    """Ben's step is due, and no loop climbs."""
    watched.alert()
    watched.clock.advance(timedelta(minutes=15, seconds=16))


def without_page(watched: Watched) -> None:
    """The step says that it paged Ana, and there is no page."""
    watched.alert()
    for table in ("paging_delivery", "paging_page"):
        watched.break_in(table, f"DELETE FROM {table}")


def failed(watched: Watched) -> None:
    """Ana's only message failed for good, and the effect of that is lost."""
    watched.alert(sent=False)
    fail(watched, permanent=True)
    pass_lanes(watched)


def without_message(watched: Watched) -> None:
    """Ana's page began, and there is nothing to send."""
    watched.alert(sent=False)
    watched.break_in("paging_delivery", "DELETE FROM paging_delivery")


def unsent(watched: Watched) -> None:
    """Ana's message is due, and nobody takes it."""
    watched.alert(sent=False)
    watched.clock.advance(timedelta(seconds=16))


def forgotten(watched: Watched) -> None:
    """A sender took Ana's message, died, and left a lease without an end."""
    watched.alert(sent=False)
    assert len(claim()) == 1
    watched.break_in("paging_delivery", "UPDATE paging_delivery SET lease_until = NULL")


def refused(watched: Watched) -> None:
    """Ana's provider refuses for half a minute."""
    watched.alert(sent=False)
    fail(watched, permanent=False, times=2)


def not_woken(watched: Watched) -> None:
    """A snooze ran out, and no loop asks again."""
    alert, ben = watched.alert(), watched.cast("ben")
    commands.snooze_alert(alert.pk, ben.at + timedelta(minutes=5), actor=ben.actor, at=ben.at)
    settle()
    watched.clock.advance(timedelta(minutes=5, seconds=16))


def unsealed(watched: Watched) -> None:
    """No sealer runs."""
    receive_signals([trigger(watched.key)])
    watched.clock.advance(timedelta(seconds=6))


def behind(watched: Watched) -> None:
    """No reactor runs."""
    receive_signals([trigger(watched.key)])
    seal_all()
    watched.clock.advance(timedelta(seconds=16))


def parked(watched: Watched) -> None:
    """A reaction is to be tried again, and no loop does."""
    alert = watched.alert()
    watched.database.as_owner(
        """INSERT INTO timeline_parked ("group", subject, seq, event_id, attempts, due_at, error, parked_at)
           SELECT 'evaluate', e.subject, k.seq, e.id, 1, muster_clock.now(), '', muster_clock.now()
           FROM timeline_event e JOIN timeline_link k ON k.event_id = e.id WHERE e.subject = %s LIMIT 1""",
        alert.subject,
    )
    watched.clock.advance(timedelta(seconds=16))


def standing(watched: Watched) -> None:
    """One thread of a live worker last turned a minute ago."""
    watched.clock.advance(timedelta(seconds=20))
    watched.database.as_owner(
        """INSERT INTO timeline_beat (process, kind, version, at, loops)
           VALUES ('worker@db:7', 'worker', '', muster_clock.now(), '{"paging": 61.0, "engine": 0.1}')"""
    )


BREAKS: list[tuple[Check, Callable[[Watched], None], str]] = [
    (Check.ALERT_UNDECIDED, undecided, "ana"),
    (Check.GROUP_NOT_PAGED, without_ladder, "ana"),
    (Check.GROUP_NOT_PAGED, stopped, "ben"),
    (Check.CALL_NOT_PAGED, call_without_ladder, "ana"),
    (Check.INCIDENT_NOT_CALLED, incident_without_calls, "ana"),
    (Check.STEP_WITHOUT_TIME, without_time, "ben"),
    (Check.STEP_OVERDUE, overdue, "ben"),
    (Check.STEP_WITHOUT_PAGE, without_page, "ana"),
    (Check.STEP_FAILED, failed, "ben"),
    (Check.PAGE_WITHOUT_MESSAGE, without_message, "ana"),
    (Check.MESSAGE_OVERDUE, unsent, "ana"),
    (Check.MESSAGE_FORGOTTEN, forgotten, "ana"),
    (Check.PAGE_NOT_THROUGH, refused, ""),
    (Check.WAKE_OVERDUE, not_woken, "ana"),
    (Check.EVENTS_UNSEALED, unsealed, "ana"),
    (Check.REACTIONS_BEHIND, behind, "ana"),
    (Check.PARKED_OVERDUE, parked, ""),
    (Check.LOOP_STANDS, standing, ""),
]


@pytest.mark.parametrize(("check", "break_it", "reached"), BREAKS, ids=[b.__name__ for _, b, _ in BREAKS])
def test_what_is_wrong_is_found_put_right_and_told(
    watched: Watched, check: Check, break_it: Callable[[Watched], None], reached: str
) -> None:
    """Within three passes; whoever ought to have been paged has a message on its way."""
    break_it(watched)
    turns = 0
    while (check.value, check not in TOLD_ONLY) not in watched.found() and turns < 3:
        watched.passes()
        turns += 1
    assert watched.found() == [(check.value, check not in TOLD_ONLY)]
    settle()
    if reached:
        live = Delivery.objects.exclude(state__in=["failed", "cancelled"])
        assert live.filter(page__person__handle=reached).exists()
    assert Alert.objects.get(dedup_key=f"audit:{check.value}").state == "triggered"
    settle()
    assert [one.what for one in verify().findings if not one.what.endswith("is gone")] == []


def test_every_check_is_broken_above() -> None:
    """A check that nothing can trip proves nothing."""
    assert {check for check, _, _ in BREAKS} == set(Check)


def test_every_question_belongs_to_a_check() -> None:
    """The file of questions and the list of checks do not drift apart."""
    assert set(QUESTIONS) == {check.value for check in Check} | {"head"}
