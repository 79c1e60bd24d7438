"""The database's clock is set while people are paged: told, nothing twice, nobody waits for it (I11, C)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.utils import ProgrammingError

from database import Database
from engine import settle
from muster.core.claim import LEASE
from muster.core.delivery import Accepted
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.catalog.commands import add_team
from muster.foundation.timeline.models import Event
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import SendResult, record_deliveries
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.watch.due import ClockWatch
from muster.mobilize.watch.looks import Eye
from muster.mobilize.watch.models import ClockJump
from senders import set_policy, trigger
from watched import TESTS, Watched, claim

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def looking(watched: Watched, eye: Eye) -> ClockWatch:
    """A worker that has read the clock."""
    clock = ClockWatch(eye)
    assert clock.run() == 0
    return clock


def paged() -> list[str]:
    """Who was paged for the first alert, in order."""
    rows = Page.objects.filter(about="group:1").order_by("id")
    return list(rows.values_list("person__handle", flat=True))


def climbs() -> int:
    """Everything that is due, tick after tick, as the loop does it."""
    done = 0
    while more := climb_due_escalations():
        done += more
    settle()
    return done


@pytest.mark.parametrize("by", [HOUR, -HOUR, DAY, -DAY], ids=lambda by: f"{by.total_seconds() / 3600:+.0f} h")
def test_a_jump_is_recorded_and_told_once(
    watched: Watched, looking: ClockWatch, eye: Eye, by: timedelta
) -> None:
    """Of two workers who see it, one says so."""
    other = Eye()
    second = ClockWatch(other)
    assert second.run() == 0
    watched.clock.advance(by)
    assert [looking.run(), second.run(), looking.run()] == [1, 1, 0]
    jump = ClockJump.objects.get()
    assert abs(jump.by - by) < timedelta(seconds=1)
    assert Event.objects.filter(kind="clock_jump.seen").count() == 1
    meta = Alert.objects.get(dedup_scope="meta")
    assert (meta.dedup_key, meta.state) == ("clock_jumped:database", "triggered")
    other.close()


def test_a_jump_that_could_not_be_kept_is_seen_again(
    watched: Watched, looking: ClockWatch, database: Database
) -> None:
    """PostgreSQL was restarted just then."""
    watched.clock.advance(HOUR)
    database.as_owner("REVOKE INSERT ON watch_clockjump FROM muster_app")
    with pytest.raises(ProgrammingError):
        looking.run()
    database.as_owner("GRANT INSERT ON watch_clockjump TO muster_app")
    assert [looking.run(), looking.run()] == [1, 0]
    assert ClockJump.objects.count() == 1


def test_there_and_back_are_two_jumps(watched: Watched, looking: ClockWatch) -> None:
    """A clock that is set wrong, and then right."""
    watched.clock.advance(HOUR)
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    assert [round(row.by / HOUR) for row in ClockJump.objects.order_by("id")] == [1, -1]


def test_a_clock_that_drifts_has_not_jumped(watched: Watched, looking: ClockWatch) -> None:
    """Five in a hundred, for a minute."""
    for _ in range(60):
        watched.clock.advance(timedelta(seconds=0.05))
        assert looking.run() == 0
    assert not ClockJump.objects.exists()


def test_a_worker_that_starts_sees_that_the_clock_went_back(watched: Watched, looking: ClockWatch) -> None:
    """Nobody looked when it was set: the newest reading that was kept says so."""
    watched.alert()
    settle()
    watched.clock.advance(-HOUR)
    fresh = Eye()
    assert ClockWatch(fresh).run() == 1
    fresh.close()
    watched.clock.advance(timedelta(minutes=15, seconds=1))
    climbs()
    assert paged() == ["ana", "ben"]


def test_forward_starts_one_step_and_not_all(watched: Watched, looking: ClockWatch) -> None:
    """An hour forward: Ben's step is due, and the fallback's, 15 minutes after it, is not."""
    watched.alert()
    watched.clock.advance(HOUR)
    looking.run()
    climbs()
    assert paged() == ["ana", "ben"]
    assert Escalation.objects.get(about__startswith="group:1").due_at > queries.now() + timedelta(minutes=14)


def test_back_lets_nobody_wait_for_the_jump(watched: Watched, looking: ClockWatch) -> None:
    """Ten of fifteen minutes are over when it is set back by an hour: Ben is paged five minutes later."""
    watched.alert()
    watched.clock.advance(timedelta(minutes=10))
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    settle()
    watched.clock.advance(timedelta(minutes=4, seconds=50))
    climbs()
    assert paged().count("ben") == 0
    watched.clock.advance(timedelta(seconds=11))
    climbs()
    assert paged().count("ben") == 1
    assert Event.objects.filter(kind="escalation.shifted", subject="escalation:1").count() == 1


def test_back_moves_nothing_twice_and_nothing_that_came_later(watched: Watched, looking: ClockWatch) -> None:
    """An alert of the time after the jump waits its own fifteen minutes."""
    watched.alert("before")
    looking.run()
    watched.clock.advance(-HOUR)
    receive_signals([trigger(watched.key, "after")])
    settle()
    looking.run()
    looking.run()
    now = queries.now()
    waits = [row.due_at - now for row in Escalation.objects.filter(about__in=["group:1", "group:2"])]
    assert all(timedelta(minutes=14) < wait <= timedelta(minutes=15) for wait in waits), waits


def test_back_ends_a_lease_when_it_would_have_ended(watched: Watched, looking: ClockWatch) -> None:
    """Its sender died: another one takes the message after thirty seconds, not after an hour."""
    watched.alert(sent=False)
    assert len(claim()) == 1
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    assert claim() == []
    watched.clock.advance(LEASE + timedelta(seconds=1))
    [again] = claim()
    assert again.fence == 2


def test_a_sender_that_finishes_after_the_jump_is_believed(watched: Watched, looking: ClockWatch) -> None:
    """Back by an hour in the middle of a send: it counts, and nobody sends again."""
    watched.alert(sent=False)
    [claimed] = claim()
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    done = SendResult(claimed.delivery.pk, claimed.fence, Accepted())
    record_deliveries([done], actor=TESTS, at=queries.now())
    assert Delivery.objects.get(pk=claimed.delivery.pk).state == "accepted"
    watched.clock.advance(timedelta(minutes=2))
    assert [one.delivery.pk for one in claim() if one.delivery.pk == claimed.delivery.pk] == []


def test_back_does_not_hold_up_the_next_page_to_the_same_contact(
    watched: Watched, looking: ClockWatch
) -> None:
    """That a letter went out an hour from now is no reason to bundle."""
    watched.alert("before")
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    watched.clock.advance(timedelta(seconds=5))
    receive_signals([trigger(watched.key, "after")])
    settle()
    assert "ana" in [one.delivery.page.person.handle for one in claim()]


def test_back_leaves_working_hours_where_they_are(watched: Watched, looking: ClockWatch) -> None:
    """Nine in the morning is nine in the morning: on Monday night Ana's page waits for Tuesday."""
    watched.clock.set(datetime(2026, 3, 2, 22, tzinfo=UTC))
    team = add_team(actor=TESTS, at=queries.now(), handle="office", name="Office")
    steps = [{"after": "0s", "in_hours": True, "notify": ["person:ana"]}]
    commands.add_policy(
        actor=TESTS, at=queries.now(), handle="office", name="Office", spec={"steps": steps}, team_id=team.pk
    )
    set_policy("checkout", "office")
    watched.alert()
    opens = Escalation.objects.get(about="group:1").due_at
    assert opens > queries.now() + timedelta(hours=5)
    looking.run()
    watched.clock.advance(-HOUR)
    looking.run()
    assert Escalation.objects.get(about="group:1").due_at == opens


def test_our_own_alert_about_the_clock_goes_by_itself(watched: Watched, looking: ClockWatch) -> None:
    """After a while without another jump."""
    watched.clock.advance(HOUR)
    looking.run()
    settle()
    watched.send()
    watched.passes(20)
    assert Alert.objects.get(dedup_scope="meta").state == "triggered"
    watched.clock.advance(timedelta(minutes=16))
    settle()
    watched.passes(20)
    states = Alert.objects.filter(dedup_key="clock_jumped:database").values_list("state", flat=True)
    assert list(states) == ["resolved"]
