"""Whole groups of alerts are attached to an incident, and detached again."""

import threading

import pytest
from django.db import connection

from engine import settle
from muster.core.permissions import Denied
from muster.core.phases import PhaseRefusal
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.evaluate.commands import (
    ATTACHED_AT_ONCE,
    Attached,
    Declaration,
    attach_groups,
    declare_incident,
    detach_groups,
)
from muster.evaluate.models import AlertGroup, Incident
from muster.evaluate.reasons import Evaluate
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from muster.restore.commands import dismiss
from people import Cast
from senders import trigger


@pytest.fixture
def some(key: str) -> list[int]:
    """Three groups that wait for somebody."""
    prepare()
    receive_signals([trigger(key, f"k{n}") for n in range(3)])
    settle()
    rows = AlertGroup.objects.filter(service__handle="checkout").order_by("id")
    return list(rows.values_list("id", flat=True))


@pytest.fixture
def incident(cast: Cast, standard: None, some: list[int]) -> Incident:
    ana = cast("ana")
    return declare_incident(Declaration("Checkout is down"), actor=ana.actor, at=ana.at)


def attached(ids: list[int]) -> list[int | None]:
    return list(AlertGroup.objects.filter(pk__in=ids).order_by("id").values_list("incident_id", flat=True))


def test_whole_groups_belong_to_it_one_event_each_and_go_on_waiting(
    cast: Cast, some: list[int], incident: Incident
) -> None:
    ben = cast("ben")
    found = attach_groups(some, incident.pk, actor=ben.actor, at=ben.at)
    assert found == Attached(tuple(some), {})
    assert attached(some) == [incident.pk] * 3
    assert set(AlertGroup.objects.filter(pk__in=some).values_list("state", flat=True)) == {"triggered"}
    events = Event.objects.filter(kind="group.linked", incident=incident.pk)
    assert sorted(events.values_list("subject", flat=True)) == sorted(f"group:{pk}" for pk in some)
    settle()
    assert not verify().findings


def test_undoing_detaches_only_what_still_belongs_to_it(
    cast: Cast, some: list[int], incident: Incident
) -> None:
    ben = cast("ben")
    attach_groups(some[:2], incident.pk, actor=ben.actor, at=ben.at)
    found = detach_groups(some, incident.pk, actor=ben.actor, at=ben.at)
    assert found.done == tuple(some[:2])
    assert [refused.reason for refused in found.left.values()] == [Evaluate.NOT_ATTACHED]
    assert attached(some) == [None] * 3


def test_what_belongs_to_another_stays_there_and_keeps_no_other_from_it(
    cast: Cast, some: list[int], incident: Incident
) -> None:
    ben = cast("ben")
    other = declare_incident(Declaration("Another"), actor=ben.actor, at=ben.at)
    attach_groups(some[:1], other.pk, actor=ben.actor, at=ben.at)
    found = attach_groups([*some, 10**9], incident.pk, actor=ben.actor, at=ben.at)
    assert found.done == tuple(some[1:])
    assert {pk: refused.reason for pk, refused in found.left.items()} == {
        some[0]: Evaluate.ALERT_HAS_INCIDENT,
        10**9: Denied.NOT_FOUND,
    }
    assert attached(some) == [other.pk, incident.pk, incident.pk]


def test_it_is_refused_to_strangers_for_what_is_not_there_and_for_what_is_over(
    cast: Cast, some: list[int], incident: Incident
) -> None:
    sam, ana = cast("sam"), cast("ana")
    for command in (attach_groups, detach_groups):
        with pytest.raises(Refused) as stranger:
            command(some, incident.pk, actor=sam.actor, at=sam.at)
        assert stranger.value.reason is Denied.ROLE
        with pytest.raises(Refused) as nowhere:
            command(some, 10**9, actor=ana.actor, at=ana.at)
        assert nowhere.value.reason is Evaluate.INCIDENT_NOT_FOUND
        with pytest.raises(Refused) as many:
            command(list(range(ATTACHED_AT_ONCE + 1)), incident.pk, actor=ana.actor, at=ana.at)
        assert many.value.reason is Evaluate.TOO_MANY_GROUPS
    dismiss(incident.pk, actor=ana.actor, at=ana.at, why="A test.")
    with pytest.raises(Refused) as over:
        attach_groups(some, incident.pk, actor=ana.actor, at=ana.at)
    assert over.value.reason is PhaseRefusal.OVER
    assert attached(some) == [None] * 3


def test_two_at_once_attach_each_group_once(cast: Cast, some: list[int], incident: Incident) -> None:
    ana, ben = cast("ana"), cast("ben")
    found: list[Attached] = []

    def run(who: object) -> None:
        found.append(attach_groups(some, incident.pk, actor=who.actor, at=who.at))  # type: ignore[attr-defined]
        connection.close()

    threads = [threading.Thread(target=run, args=(who,)) for who in (ana, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(one.done) for one in found) == [0, 3]
    assert Event.objects.filter(kind="group.linked").count() == 3
