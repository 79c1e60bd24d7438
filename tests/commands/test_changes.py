"""What senders and people say was changed is kept on its service, and found beside trouble."""

from datetime import timedelta
from typing import Any

import pytest

from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.core.signals import Action, Link, make_signal
from muster.detect import commands
from muster.detect.commands import Received, note_change, receive_signals
from muster.detect.models import Alert, ChangeEvent, Signal
from muster.detect.queries import changes, changes_near
from muster.detect.reasons import Detect
from muster.foundation.access import queries
from muster.foundation.catalog.commands import change_service, retire
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import below
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.verify import verify
from people import Cast
from senders import make_service, trigger

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TESTS = system("tests")


def told(key: str, summary: str = "Released 4.18.0", dedup: str = "d1", **more: Any) -> Received:
    """One request with one change."""
    signal = make_signal(Action.CHANGE, dedup, summary=summary, raw={"a": 1}, **more)
    return Received(commands.key_hash(key), "alertmanager", (signal,))


def test_a_change_is_kept_on_its_service_and_opens_nothing(key: str) -> None:
    """One row, one event by its sender; its words stand apart from the facts."""
    before = queries.now() - 4 * MINUTE
    receive_signals([told(key, source="ci", links=[Link("https://ci.example.com/1")], occurred_at=before)])
    row = ChangeEvent.objects.get()
    assert (row.summary, row.service.handle, row.changed_at) == ("Released 4.18.0", "checkout", before)
    event = Event.objects.get(subject=row.subject)
    assert (event.kind, event.actor) == ("change.noted", f"integration:{row.integration_id}")
    assert set(event.payload) == {"service", "integration", "summary"}
    assert event.payload["summary"].keys() == {"text"}
    signal = Signal.objects.get()
    assert (signal.disposition, signal.reason, signal.alert_id) == ("noted", "change_noted", None)
    assert not Alert.objects.exists()
    assert not verify().findings


def test_a_webhook_that_is_sent_again_tells_nothing_new(key: str) -> None:
    """In one batch, and later; another time, another text or another deployment is another change."""
    at = queries.now() - MINUTE
    receive_signals([told(key, occurred_at=at), told(key, occurred_at=at)])
    receive_signals([told(key, occurred_at=at)])
    assert ChangeEvent.objects.count() == 1
    receive_signals([told(key, occurred_at=at + MINUTE), told(key, "Could not release", occurred_at=at)])
    receive_signals([told(key, dedup="d2", occurred_at=at)])
    assert ChangeEvent.objects.count() == 4
    receive_signals([told(key)])
    receive_signals([told(key)])
    assert ChangeEvent.objects.count() == 6


def test_changes_and_alerts_of_one_key_in_one_batch_do_not_meet(key: str) -> None:
    receive_signals([trigger(key, "d1"), told(key), trigger(key, "d1")])
    assert (Alert.objects.get().count, ChangeEvent.objects.count()) == (2, 1)
    assert sorted(Signal.objects.values_list("disposition", flat=True)) == ["merged", "noted", "opened"]


def test_a_responder_tells_of_one_and_a_stakeholder_does_not(key: str, cast: Cast) -> None:
    service, ana, sam = Service.objects.get(handle="checkout"), cast("ana"), cast("sam")
    row = note_change(
        service.pk,
        actor=ana.actor,
        at=ana.at,
        summary="Turned the cache off",
        url="https://flags.example.com",
    )
    assert (row.changed_at, row.integration_id, row.links[0]["href"]) == (
        ana.at,
        None,
        "https://flags.example.com",
    )
    for actor, summary, reason in (
        (sam.actor, "x", Denied.ROLE),
        (ana.actor, "  ", Detect.CHANGE_UNSAID),
    ):
        with pytest.raises(Refused) as refused:
            note_change(service.pk, actor=actor, at=ana.at, summary=summary)
        assert refused.value.reason is reason
    other = make_service(actor=TESTS, at=queries.now(), handle="old")
    retire(Service, other.pk, actor=TESTS, at=queries.now())
    with pytest.raises(Refused) as refused:
        note_change(other.pk, actor=ana.actor, at=ana.at, summary="x")
    assert refused.value.reason is Detect.SERVICE_RETIRED
    assert ChangeEvent.objects.count() == 1


def test_near_means_within_a_day_and_on_what_it_stands_on(key: str, cast: Cast) -> None:
    """However deep, and round in a circle."""
    checkout = Service.objects.get(handle="checkout")
    made = {
        handle: make_service(actor=TESTS, at=queries.now(), handle=handle)
        for handle in ("db", "disk", "shop")
    }
    edges = {checkout: [made["db"].pk], made["db"]: [made["disk"].pk], made["disk"]: [made["db"].pk]}
    for row, depends_on in edges.items():
        change_service(row.pk, {"depends_on": depends_on}, actor=TESTS, at=queries.now())
    assert set(below([checkout.pk])) == {checkout.pk, made["db"].pk, made["disk"].pk}
    at = queries.now()
    for service, what, when in (
        (checkout, "old", at - DAY),
        (checkout, "new", at - MINUTE),
        (made["disk"], "below", at - 2 * MINUTE),
        (made["shop"], "above", at - MINUTE),
        (checkout, "coming", at + MINUTE),
    ):
        note_change(service.pk, actor=TESTS, at=at, summary=what, changed_at=when)
    near = changes_near(cast("ana").actor, below([checkout.pk]), at, at, most=5)
    assert [one.summary for one in near] == ["new", "below"]
    assert changes(cast("ana").actor).count() == 5
