"""Integrations on the screens: how each does, the path of a test signal, and a mapping tried before it is
saved."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from calling import Call, answer
from database import Clock
from engine import settle
from entering import signed_in
from muster.core.intake import IntakeReason
from muster.core.signals import Action, make_signal
from muster.core.traffic import KNOWN_HOURS
from muster.core.unreadable import unreadable
from muster.detect.commands import Received, count_signals, key_hash, receive_signals
from muster.detect.models import Integration, Signal
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from people import Cast

WHERE = "/settings/integrations/cameras"


@pytest.fixture
def key(call: Call) -> str:
    """Service checkout of team payments, which cleo manages, with a sender of generic JSON; its key."""
    prepare()
    answer(call("POST", "/teams", {"handle": "payments", "name": "Payments", "manager": "cleo"}), 201)
    service = {"handle": "checkout", "name": "Checkout", "team": "payments"}
    answer(call("POST", "/services", service), 201)
    new = {"handle": "cameras", "service": "checkout", "kind": "generic"}
    return str(answer(call("POST", "/integrations", new), 201)["key"])


def enter(cast: Cast, handle: str) -> Client:
    """Sign somebody in."""
    return signed_in(cast, handle)


def page(response: Any, status: int = 200) -> str:
    """What is shown, without markup."""
    assert response.status_code == status, response.content[:500]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def send(key: str, **raw: Any) -> None:
    """A payload as it would be stored without a mapping."""
    signal = make_signal(Action.TRIGGER, raw.get("camera", "k"), summary="x", raw=raw)
    receive_signals([Received(key_hash(key), "generic", (signal,))])


def test_a_sender_that_never_sent_anything_is_not_said_to_be_well(cast: Cast, key: str) -> None:
    shown = page(enter(cast, "cleo").get("/settings/integrations"))
    assert "never heard from" in shown
    assert "as usual" not in shown
    assert "nothing yet" in shown


def test_those_gone_quiet_come_first_then_those_that_cannot_be_read(
    cast: Cast, key: str, call: Call, clock: Clock
) -> None:
    fresh = {"handle": "a-new-one", "service": "checkout", "kind": "generic"}
    wrong = answer(call("POST", "/integrations", fresh | {"handle": "b-wrong"}), 201)["key"]
    answer(call("POST", "/integrations", fresh), 201)
    for n in range(KNOWN_HOURS):
        send(key, camera=f"c{n}")
        clock.advance(timedelta(hours=1))
        count_signals()
    clock.advance(timedelta(hours=3))
    rest = unreadable(IntakeReason.NOT_JSON, b"{", errors=["The body is not JSON"])
    receive_signals([Received(key_hash(wrong), "generic", (), rest)])
    cleo = enter(cast, "cleo")
    shown = page(cleo.get("/settings/integrations"))
    assert "One sender has gone quiet." in shown
    places = [shown.index(name) for name in ("cameras", "b-wrong", "a-new-one")]
    assert places == sorted(places)
    assert "1 cannot be read" in shown
    detail = page(cleo.get("/settings/integrations/b-wrong"))
    assert "could not be read: it is not JSON 1" in detail
    assert "The body is not JSON" in detail
    assert "gone quiet" in page(cleo.get(WHERE))


def test_a_test_signal_shows_its_path_from_the_door_to_the_people(cast: Cast, key: str) -> None:
    cleo = enter(cast, "cleo")
    assert "Send a test signal" in page(cleo.get(WHERE))
    sent = cleo.post(f"{WHERE}/test")
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{WHERE}#path")
    waiting = cleo.get(WHERE)
    assert 'hx-trigger="load delay:1500ms"' in waiting.content.decode()
    shown = page(waiting)
    assert "Came in and was stored" in shown
    assert "opened an alert: nothing with this key was open" in shown
    assert "Waits to be evaluated" in shown
    settle()
    shown = page(cleo.get(WHERE))
    assert "Waits to be evaluated" not in shown
    assert "It pages people, without urgency." in shown
    cleo.post(f"{WHERE}/test/end")
    settle()
    done = cleo.get(WHERE)
    assert "Ended" in page(done)
    assert "hx-trigger" not in done.content.decode().partition('id="path"')[2].partition("</section>")[0]
    for who in ("ana", "sam"):
        assert enter(cast, who).post(f"{WHERE}/test").status_code == 403
        assert "Send a test signal" not in page(enter(cast, who).get(WHERE))


def test_a_sender_is_turned_off_with_undo_and_found_again(cast: Cast, key: str) -> None:
    cleo = enter(cast, "cleo")
    cleo.post(f"{WHERE}/retire")
    shown = cleo.get(WHERE)
    assert f'action="{WHERE}/restore"' in shown.content.decode()
    assert "Its key is refused." in page(shown)
    assert "cameras" not in page(cleo.get("/settings/integrations"))
    assert "cameras" in page(cleo.get("/settings/integrations?off=1"))
    cleo.post(f"{WHERE}/restore")
    assert Integration.objects.get().retired_at is None
    cleo.post(f"{WHERE}/rotate")
    assert "The replaced key works until" in page(cleo.get(WHERE))


def test_a_mapping_is_tried_field_by_field_before_it_is_saved(cast: Cast, key: str) -> None:
    send(key, what="Door open", camera="c-1", phase="new")
    send(key, camera="c-2")
    cleo = enter(cast, "cleo")
    where = f"{WHERE}/mapping"
    shown = page(cleo.get(where))
    assert "2 payloads would be rejected" in shown
    assert "has no summary" in shown
    events, signals = Event.objects.count(), Signal.objects.count()
    mapping = {"summary": "what", "key": "camera", "version": "1"}
    shown = page(cleo.post(where, mapping | {"do": "try"}))
    assert "1 payload would be rejected" in shown
    assert "Summary Door open" in shown
    assert "Key c-1" in shown
    replayed = page(cleo.post(where, mapping | {"do": "replay"}))
    assert "Replayed; nothing was changed" in replayed
    assert "Its sender would hear 400." in replayed
    assert "Its sender would hear 202." in replayed
    assert "It pages people" in replayed
    wrong = page(cleo.post(where, {"summary": "][", "do": "try"}))
    assert "This mapping cannot be used" in wrong
    assert "'summary' is not JMESPath" in wrong
    assert (Event.objects.count(), Signal.objects.count()) == (events, signals)
    assert "has no summary" in page(cleo.post(where, mapping | {"do": "save"}, follow=True))
    assert Integration.objects.get().mapping == {"summary": "what", "key": "camera"}


def test_who_saves_over_another_version_is_told_and_an_old_one_comes_back(cast: Cast, key: str) -> None:
    cleo, where = enter(cast, "cleo"), f"{WHERE}/mapping"
    cleo.post(where, {"summary": "first", "version": "1", "do": "save"})
    late = cleo.post(where, {"summary": "second", "version": "1", "do": "save"})
    assert "Somebody saved version 2" in page(late, 409)
    assert 'value="second"' in late.content.decode()
    assert Integration.objects.get().mapping == {"summary": "first"}
    cleo.post(where, {"summary": "second", "version": "2", "do": "save"})
    shown = page(cleo.get(where))
    assert "Version 3 Cleo" in shown
    assert "version 3" in shown
    assert "not in force" not in shown
    earlier = cleo.get(f"{where}?version=2")
    assert 'value="first"' in earlier.content.decode()
    assert "version 2, not in force" in page(earlier)
    assert "not in force" not in page(cleo.get(f"{where}?version=3"))
    wrong = cleo.post(where, {"summary": "][", "version": "3", "do": "save"})
    assert "The mapping cannot be used" in page(wrong, 422)


def test_a_payload_of_ones_own_is_tried_too(cast: Cast, key: str) -> None:
    cleo, where = enter(cast, "cleo"), f"{WHERE}/mapping"
    assert "Nothing has come lately" in page(cleo.get(where))
    pasted = json.dumps({"event": {"what": "Disk <b>full</b>"}})
    tried = cleo.post(where, {"summary": "event.what", "paste": pasted, "do": "try"})
    assert "Summary Disk <b>full</b>" in page(tried)
    assert "<b>full</b>" not in tried.content.decode()
    assert "This is not JSON" in page(cleo.post(where, {"paste": "{", "do": "try"}))
    assert page(cleo.post(where, {"paste": "7", "do": "replay"}))


def test_a_payload_of_ones_own_is_read_as_at_the_door(cast: Cast, key: str) -> None:
    """Half of a pair of signs becomes the sign for what cannot be read; what doors refuse is refused."""
    cleo, where = enter(cast, "cleo"), f"{WHERE}/mapping"
    for do in ("try", "replay"):
        said = {"paste": '{"summary": "Disk \\ud83d", "dedup_key": "a\\u0000b"}', "do": do}
        assert "Summary Disk \ufffd" in page(cleo.post(where, said))
    for refused in ('{"summary": NaN}', "[" * 70 + "]" * 70):
        assert "This cannot be read" in page(cleo.post(where, {"paste": refused, "do": "try"}))


def test_only_kinds_with_a_mapping_have_the_screen_and_only_their_managers(
    cast: Cast, key: str, call: Call
) -> None:
    other = {"handle": "am", "service": "checkout", "kind": "alertmanager"}
    answer(call("POST", "/integrations", other), 201)
    assert enter(cast, "cleo").get("/settings/integrations/am/mapping").status_code == 422
    assert enter(cast, "ana").get(f"{WHERE}/mapping").status_code == 403
    assert "How its payloads are read" not in page(enter(cast, "ana").get(WHERE))
