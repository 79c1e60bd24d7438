"""Jobs watched by workers that come and go: nobody is blamed for what nobody could hear (reliability)."""

from datetime import timedelta

from django.db import transaction

from database import Clock, Database
from jobs import HOUR, MINUTE, add, said
from muster.detect.commands import receive_pings
from muster.detect.due import AWAY_S
from muster.detect.due import look as looks
from muster.detect.models import Alert
from muster.foundation.catalog.models import Service


def looking(clock: Clock, span: timedelta) -> list[int]:
    """How many jobs were due, look by look, while time passes under a worker."""
    step = timedelta(seconds=20)
    found = []
    for _ in range(int(span / step)):
        clock.advance(step)
        found.append(looks())
    return found


def test_what_nobody_could_hear_is_held_against_no_job(service: Service, clock: Clock) -> None:
    """Whoever looks after nobody did gives every job its grace once more: a new worker, or one that slept."""
    row, key = add(service)
    looks()
    receive_pings([said(key)])
    clock.advance(3 * HOUR)
    assert looks() == 0
    row.refresh_from_db()
    assert row.state == "up"
    assert looking(clock, 5 * MINUTE) == [*[0] * 14, 1]
    assert Alert.objects.count() == 1


def test_a_worker_that_dies_while_it_spares_leaves_no_job_to_blame(service: Service, clock: Clock) -> None:
    """The look is written down only when all were spared: whoever comes next spares them, too."""
    _, key = add(service)
    looks()
    receive_pings([said(key)])
    clock.advance(3 * HOUR)
    for _ in range(2):
        with transaction.atomic():
            assert looks() == 0
            transaction.set_rollback(True)
    assert looks() == 0
    assert not Alert.objects.exists()


def test_a_second_worker_that_starts_beside_the_first_spares_nobody(service: Service, clock: Clock) -> None:
    _, key = add(service, schedule="1m", grace=timedelta(0))
    receive_pings([said(key)])
    looks()
    clock.advance(timedelta(seconds=AWAY_S - 10))
    looks()
    clock.advance(timedelta(seconds=AWAY_S - 10))
    assert looks() == 0
    clock.advance(timedelta(seconds=AWAY_S - 9))
    assert looks() == 1
    assert Alert.objects.count() == 1


def test_one_that_cannot_be_judged_keeps_no_other_silent(
    service: Service, clock: Clock, database: Database
) -> None:
    """A zone that newer zone data no longer know, say."""
    broken, broken_key = add(service, "broken")
    _, key = add(service, "well")
    receive_pings([said(broken_key), said(key)])
    looks()
    looking(clock, 50 * MINUTE)
    database.as_owner("ALTER TABLE detect_heartbeat DISABLE TRIGGER row_guard")
    database.as_owner(f"UPDATE detect_heartbeat SET schedule = 'no schedule' WHERE id = {broken.pk}")
    looking(clock, HOUR)
    assert [alert.dedup_key for alert in Alert.objects.all()] == ["heartbeat:well"]
