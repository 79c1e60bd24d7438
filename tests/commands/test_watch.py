"""The auditor sees from what is stored who would be missed, puts it right, and tells (I25; peers 2)."""

from datetime import datetime, timedelta

import psycopg
import pytest

from database import Database
from engine import settle
from muster.core.permissions import Actor
from muster.core.watch import Silent, silent
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.pen import command
from muster.foundation.timeline.verify import verify
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.models import Page
from muster.mobilize.watch.due import Auditor
from muster.mobilize.watch.looks import Eye
from muster.mobilize.watch.models import Finding, Watch
from people import Cast
from senders import resolve
from watched import TESTS, Watched, take_messages


def test_nothing_is_found_while_all_is_well(watched: Watched, cast: Cast) -> None:
    """Alerts that are paged, climb, are answered and resolved: no repair, no finding, no alert of our own."""
    for name in ("k1", "k2", "k3"):
        watched.alert(name)
    assert watched.passes() == 0
    ana = cast("ana")
    commands.acknowledge_alert(Alert.objects.get(dedup_key="k1").pk, actor=ana.actor, at=ana.at)
    receive_signals([resolve(watched.key, "k2")])
    settle()
    watched.clock.advance(timedelta(minutes=15, seconds=1))
    climb_due_escalations()
    settle()
    watched.send()
    assert [watched.passes() for _ in range(3)] == [0, 0, 0]
    assert watched.found() == []
    assert not Alert.objects.filter(dedup_scope="meta").exists()
    assert silent(Watch.objects.get().clean_at, at=queries.now()) is None


def test_a_ladder_without_a_next_time_climbs_on_and_is_told(watched: Watched) -> None:
    """peers 2b: the chain is broken in the middle; found, paged, recorded, told by an alert of our own."""
    watched.alert()
    watched.break_in("escalation_escalation", "UPDATE escalation_escalation SET due_at = NULL")
    assert watched.passes() == 1
    assert list(Page.objects.order_by("id").values_list("person__handle", flat=True))[:2] == ["ana", "ben"]
    assert watched.found() == [("step_without_time", True)]
    kinds = set(Event.objects.filter(actor="system:audit").values_list("kind", flat=True))
    assert {"escalation.resumed", "finding.raised", "finding.mended"} <= kinds
    meta = Alert.objects.get(dedup_key="audit:step_without_time")
    assert (meta.service.handle, meta.integration_id, meta.state) == ("muster", None, "triggered")
    assert watched.passes() == 0
    assert Finding.objects.get().ended_at is not None
    settle()
    assert verify().ok


def test_our_own_alert_goes_when_nothing_was_found_for_a_while(watched: Watched) -> None:
    """It stays long enough for somebody to see it, and no longer."""
    watched.alert()
    watched.break_in("escalation_escalation", "UPDATE escalation_escalation SET due_at = NULL")
    watched.passes()
    watched.passes()
    assert Alert.objects.get(dedup_scope="meta", labels__kind="audit").state == "triggered"
    watched.passes(16 * 60)
    watched.passes()
    assert Alert.objects.get(dedup_scope="meta", dedup_key="audit:step_without_time").state == "resolved"


def test_what_moves_is_not_wrong_and_what_lasts_is(watched: Watched) -> None:
    """Late steps that start one after another are a burst; what waits for two minutes is told anyway."""
    for name in ("k1", "k2", "k3"):
        watched.alert(name)
    watched.clock.advance(timedelta(minutes=15, seconds=16))
    watched.send()  # what was bundled
    ids = list(Escalation.objects.order_by("due_at").values_list("id", flat=True))
    found = []
    for escalation_id in ids:
        found.append(watched.passes())
        climb_one(escalation_id)
        watched.send()
    assert [*found, watched.passes()] == [0, 0, 0, 0]
    watched.clock.advance(timedelta(minutes=15, seconds=121))
    watched.send()
    assert watched.passes() == 1


@command
def climb_one(escalation_id: int, *, actor: Actor = TESTS, at: datetime | None = None) -> None:
    """One step starts, as it would in a burst."""
    commands.climb([Escalation.objects.get(pk=escalation_id)], actor=actor, at=at or queries.now())


def test_one_meta_alert_stands_for_many_findings(watched: Watched) -> None:
    """M24: bounded, whatever is found."""
    for name in ("k1", "k2", "k3"):
        watched.alert(name)
    watched.break_in("escalation_escalation", "UPDATE escalation_escalation SET due_at = NULL")
    assert watched.passes() == 3
    assert len(watched.found()) == 3
    assert Alert.objects.filter(labels__kind="audit").count() == 1


def test_a_look_that_fails_is_not_clean(watched: Watched, database: Database) -> None:
    """Peers 2a: the question takes too long, so the pass has no end and nothing says that all is well."""
    before = Watch.objects.get().clean_at
    with psycopg.connect(database.owner_url) as holder:
        holder.execute("LOCK TABLE paging_call IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.QueryCanceled):
            watched.passes()
    row = Watch.objects.get()
    assert row.clean_at == before
    assert silent(row.clean_at, at=queries.now() + timedelta(seconds=30)) is Silent.NOT_CLEAN_LATELY
    assert watched.passes() == 0
    assert silent(Watch.objects.get().clean_at, at=queries.now()) is None


def test_of_two_auditors_one_makes_each_pass(watched: Watched, database: Database) -> None:
    """Two workers never do the same pass."""
    watched.alert()
    watched.break_in("escalation_escalation", "UPDATE escalation_escalation SET due_at = NULL")
    eye = Eye()
    second = Auditor(eye, take_messages, grace_s=0)
    watched.clock.advance(timedelta(seconds=10))
    assert [watched.auditor.run(), second.run()] == [1, 0]
    eye.close()
