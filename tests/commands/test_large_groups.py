"""What a person does to a group is done to all of it, however many alerts it holds."""

from collections.abc import Callable

import pytest

from engine import settle
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.commands import add_policy
from muster.mobilize.escalation.commands.answers import MEMBERS_AT_ONCE
from muster.mobilize.paging.models import Page
from people import Cast
from senders import set_policy, trigger

MANY = 2 * MEMBERS_AT_ONCE + 50
TESTS = system("tests")


@pytest.fixture
def storm(key: str, cast: Cast, reach: Callable[[str], None]) -> AlertGroup:
    """One group of very many alerts, for which Ana was paged once."""
    prepare()
    reach("ana")
    steps = [{"after": "0s", "notify": ["person:ana"]}]
    add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps})
    set_policy("checkout", "payments")
    receive_signals([trigger(key, f"k{n}", group_key="storm") for n in range(MANY)])
    settle()
    assert Page.objects.count() == 1
    return AlertGroup.objects.get(service__handle="checkout")


def states() -> set[str]:
    return set(Alert.objects.values_list("state", flat=True))


def test_an_acknowledgement_takes_all_of_it_and_pages_nobody_again(storm: AlertGroup, cast: Cast) -> None:
    """Members left behind would trigger the group afresh, and wake whoever has just answered."""
    ana = cast("ana")
    commands.acknowledge_group(storm.pk, actor=ana.actor, at=ana.at)
    settle()
    storm.refresh_from_db()
    assert (storm.state, storm.epoch, states()) == ("acknowledged", 1, {"acknowledged"})
    assert Page.objects.count() == 1
    commands.unacknowledge_group(storm.pk, actor=ana.actor, at=cast("ana").at)
    assert states() == {"triggered"}


def test_what_was_resolved_together_and_fires_again_pages(storm: AlertGroup, cast: Cast, key: str) -> None:
    """Members left open under a resolved group would take what comes later, and page nobody for ever."""
    ana = cast("ana")
    commands.resolve_group(storm.pk, actor=ana.actor, at=ana.at)
    settle()
    assert states() == {"resolved"}
    receive_signals([trigger(key, f"k{MANY - 1}", group_key="storm")])
    settle()
    assert AlertGroup.objects.filter(state="triggered").count() == 1
    assert Page.objects.count() == 2
