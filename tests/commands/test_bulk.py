"""One act on many groups: the same as on each, in a few statements."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from database import Database
from engine import settle
from muster.core.lifecycle import Refusal, Verb
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event, Parked
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.commands import AT_ONCE, act_on_groups, add_policy
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.paging.models import Delivery, Page
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")
HOUR = timedelta(hours=1)


@pytest.fixture
def paged(key: str, cast: Cast, reach: Callable[[str], None]) -> None:
    """Checkout goes up to Ana, and in 15 minutes to Ben."""
    prepare()
    reach("ana")
    reach("ben")
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "15m", "notify": ["person:ben"]}]
    add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps})
    set_policy("checkout", "payments")


def open_some(key: str, count: int) -> list[int]:
    """So many groups of one alert each, the first of three."""
    receive_signals([trigger(key, f"k{n}") for n in range(count)])
    receive_signals([trigger(key, f"g{n}", group_key="together") for n in range(3)])
    settle()
    return list(AlertGroup.objects.order_by("id").values_list("id", flat=True))


def states(model: type) -> set[str]:
    return set(model.objects.values_list("state", flat=True))  # type: ignore[attr-defined]


def test_many_are_acknowledged_and_paging_stops(paged: None, key: str, cast: Cast) -> None:
    """By one person, each with an event of its own; what waits is cancelled; giving back is the undoing."""
    ids = open_some(key, 5)
    ana = cast("ana")
    found = act_on_groups(ids, Verb.ACKNOWLEDGE, actor=ana.actor, at=ana.at)
    assert (sorted(found.done), found.left) == (ids, {})
    assert (states(AlertGroup), states(Alert), states(Escalation)) == (
        {"acknowledged"},
        {"acknowledged"},
        {"stopped"},
    )
    assert set(AlertGroup.objects.values_list("acknowledged_by_id", flat=True)) == {cast.id("ana")}
    assert Event.objects.filter(kind="group.acknowledged").count() == len(ids)
    assert not Page.objects.filter(acknowledged_at__isnull=True, person=cast.id("ana")).exists()
    settle()
    assert not Delivery.objects.filter(state="queued").exists()
    act_on_groups(ids, Verb.UNACKNOWLEDGE, actor=ana.actor, at=cast("ana").at)
    settle()
    assert (states(AlertGroup), states(Alert)) == ({"triggered"}, {"triggered"})
    assert Escalation.objects.filter(state="running").count() == len(ids)
    assert not verify().findings


def test_what_cannot_be_done_to_one_keeps_no_other_from_it(paged: None, key: str, cast: Cast) -> None:
    ids = open_some(key, 3)
    ben, ana = cast("ben"), cast("ana")
    commands.acknowledge_group(ids[0], actor=ben.actor, at=ben.at)
    commands.resolve_group(ids[1], actor=ben.actor, at=ben.at)
    found = act_on_groups([*ids, 999_999], Verb.ACKNOWLEDGE, actor=ana.actor, at=ana.at)
    assert {pk: refused.reason for pk, refused in found.left.items()} == {
        ids[0]: Refusal.ALREADY_ACKNOWLEDGED,
        ids[1]: Refusal.ALREADY_RESOLVED,
        999_999: Denied.NOT_FOUND,
    }
    assert found.left[ids[0]].detail["by"] == AlertGroup.objects.get(pk=ids[0]).acknowledged_by.name
    assert sorted(found.done) == ids[2:]
    assert AlertGroup.objects.get(pk=ids[0]).acknowledged_by_id == cast.id("ben")


def test_resolve_and_snooze(paged: None, key: str, cast: Cast) -> None:
    ids = open_some(key, 3)
    ana = cast("ana")
    until = ana.at + HOUR
    act_on_groups(ids[:2], Verb.SNOOZE, actor=ana.actor, at=ana.at, until=until)
    assert set(AlertGroup.objects.filter(pk__in=ids[:2]).values_list("snoozed_until", flat=True)) == {until}
    act_on_groups(ids, Verb.RESOLVE, actor=ana.actor, at=cast("ana").at)
    assert (states(AlertGroup), states(Alert), states(Escalation)) == (
        {"resolved"},
        {"resolved"},
        {"stopped"},
    )


def test_where_all_must_acknowledge_the_others_are_waited_for(paged: None, key: str, cast: Cast) -> None:
    steps = [{"after": "0s", "notify": ["person:ana", "person:ben"], "all_must_acknowledge": True}]
    add_policy(actor=TESTS, at=queries.now(), handle="both", name="Both", spec={"steps": steps})
    set_policy("checkout", "both")
    ids = open_some(key, 2)
    ana, ben = cast("ana"), cast("ben")
    act_on_groups(ids, Verb.ACKNOWLEDGE, actor=ana.actor, at=ana.at)
    assert states(AlertGroup) == {"triggered"}
    act_on_groups(ids, Verb.ACKNOWLEDGE, actor=ben.actor, at=ben.at)
    assert states(AlertGroup) == {"acknowledged"}


def test_of_many_that_were_paged_to_two_nothing_still_waits(paged: None, key: str, cast: Cast) -> None:
    """One batch of reactions (of up to 200) has more messages to cancel than events."""
    steps = [{"after": "0s", "notify": ["person:ana", "person:ben"]}]
    add_policy(actor=TESTS, at=queries.now(), handle="two", name="Two", spec={"steps": steps})
    set_policy("checkout", "two")
    ids, ana = open_some(key, 130), cast("ana")
    assert Delivery.objects.filter(state="queued").count() == 2 * len(ids) > 200
    act_on_groups(ids, Verb.RESOLVE, actor=ana.actor, at=ana.at)
    stopped = list(Escalation.objects.filter(state="stopped").values_list("id", flat=True))
    commands.cancel_stopped(stopped, actor=TESTS, at=queries.now())
    assert not Delivery.objects.filter(state="queued").exists()


def test_what_follows_holds_no_row_of_what_was_resolved(
    paged: None, key: str, cast: Cast, database: Database
) -> None:
    """The next hundreds are being resolved meanwhile: what is over needs nobody to wait for it."""
    ids = open_some(key, 4)
    ana = cast("ana")
    act_on_groups(ids, Verb.RESOLVE, actor=ana.actor, at=ana.at)
    with psycopg.connect(database.owner_url) as other, connection.cursor() as ours:
        other.execute("SELECT FROM evaluate_alertgroup FOR UPDATE")
        ours.execute("SET lock_timeout = '200ms'")
        settle()
        ours.execute("RESET lock_timeout")
    assert not Delivery.objects.filter(state="queued").exists()
    assert not Parked.objects.exists()


def test_strangers_and_too_many_are_refused(paged: None, key: str, cast: Cast) -> None:
    ids, sam, ana = open_some(key, 1), cast("sam"), cast("ana")
    for actor, some, reason in (
        (sam.actor, ids, Denied.ROLE),
        (ana.actor, list(range(AT_ONCE + 1)), Escalate.TOO_MANY),
    ):
        with pytest.raises(Refused) as refused:
            act_on_groups(some, Verb.RESOLVE, actor=actor, at=ana.at)
        assert refused.value.reason is reason
    assert states(AlertGroup) == {"triggered"}


@pytest.mark.parametrize("verb", [Verb.RESOLVE, Verb.SNOOZE])
def test_many_cost_as_many_statements_as_a_few(verb: Verb, paged: None, key: str, cast: Cast) -> None:
    """Of which half are acknowledged already: other columns of these are written."""
    counts = []
    for number in (4, 40):
        ids = open_some(key, number)
        ana = cast("ana")
        act_on_groups(ids[::2], Verb.ACKNOWLEDGE, actor=ana.actor, at=ana.at)
        with CaptureQueriesContext(connection) as asked:
            act_on_groups(ids, verb, actor=ana.actor, at=ana.at, until=ana.at + HOUR)
        counts.append(len(asked))
        act_on_groups(ids, Verb.RESOLVE, actor=ana.actor, at=cast("ana").at)
    assert counts[0] == counts[1]
