"""`/integrations`: connected, shown without the key, rotated, disconnected."""

from datetime import timedelta

import pytest

from calling import Call, answer, problem
from database import Clock
from muster.core.signals import Action, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Integration
from muster.foundation.timeline.models import Event

NEW = {"handle": "checkout-am", "service": "checkout", "kind": "alertmanager"}


@pytest.fixture
def key(call: Call) -> str:
    """Service checkout of team payments, which cleo manages, with an Alertmanager; its key."""
    answer(call("POST", "/teams", {"handle": "payments", "name": "Payments", "manager": "cleo"}), 201)
    service = {"handle": "checkout", "name": "Checkout", "team": "payments"}
    answer(call("POST", "/services", service), 201)
    return str(answer(call("POST", "/integrations", NEW, who="cleo"), 201)["key"])


def is_known(key: str) -> bool:
    """Whether a signal with this key is taken in."""
    signal = make_signal(Action.TRIGGER, "k", summary="x", raw={})
    [taken] = receive_signals([Received(key_hash(key), "alertmanager", (signal,))])
    return taken.known


def test_a_new_integration_shows_its_key_once(call: Call, key: str) -> None:
    """Afterwards the address has a placeholder; the key is nowhere, hashed only."""
    assert len(key) == 32
    assert key.isalnum()
    shown = answer(call("GET", "/integrations/checkout-am", who="sam"))
    assert shown["url"].endswith("/in/alertmanager/<your key>")
    assert {name: shown[name] for name in NEW} == NEW
    assert shown["last_seen_at"] is None
    row = Integration.objects.get()
    assert bytes(row.key_hash) == key_hash(key)
    assert not Event.objects.filter(payload__icontains=key).exists()
    assert is_known(key)
    assert answer(call("GET", "/integrations"))["items"][0]["last_seen_at"] is not None


def test_a_rotated_key_works_for_a_day_beside_the_new_one(call: Call, key: str, clock: Clock) -> None:
    """Design 10."""
    new = answer(call("POST", "/integrations/checkout-am/rotate", who="cleo"))
    assert new["url"].endswith(f"/in/alertmanager/{new['key']}")
    assert is_known(key)
    assert is_known(new["key"])
    clock.advance(timedelta(hours=24, seconds=1))
    assert not is_known(key)
    assert is_known(new["key"])


def test_a_disconnected_sender_is_refused_at_once_and_can_come_back(call: Call, key: str) -> None:
    """With the key it had."""
    assert call("POST", "/integrations/checkout-am/retire", who="cleo").status_code == 204
    assert not is_known(key)
    problem(call("POST", "/integrations/checkout-am/rotate"), 409, "integration_retired")
    assert answer(call("GET", "/integrations?active=true"))["items"] == []
    assert call("POST", "/integrations/checkout-am/restore", who="cleo").status_code == 204
    assert is_known(key)


def test_a_service_with_a_connected_sender_is_not_retired(call: Call, key: str) -> None:
    """The answer says by what it is used."""
    said = problem(call("POST", "/services/checkout/retire"), 409, "still_pointed_at")
    assert "integration:checkout-am" in said
    call("POST", "/integrations/checkout-am/retire")
    assert call("POST", "/services/checkout/retire").status_code == 204
    problem(call("POST", "/integrations/checkout-am/restore"), 409, "service_retired")


def test_only_the_teams_manager_or_an_admin_connects(call: Call, key: str) -> None:
    """Ana responds, and that is not enough; nobody may move it to a service of another team either."""
    for who in ("ana", "sam", "ada"):
        problem(call("POST", "/integrations", NEW | {"handle": "x"}, who=who), 403, "not_your_team")
        for verb in ("rotate", "retire", "restore"):
            problem(call("POST", f"/integrations/checkout-am/{verb}", who=who), 403, "not_your_team")
    answer(call("POST", "/services", {"handle": "orders", "name": "Orders"}), 201)
    moved = call("PATCH", "/integrations/checkout-am", {"service": "orders"}, who="cleo")
    problem(moved, 403, "not_your_team")
    assert answer(call("PATCH", "/integrations/checkout-am", {"service": "orders"}))["service"] == "orders"


def test_wrong_integrations_are_refused(call: Call, key: str, subtests: pytest.Subtests) -> None:
    """Each with the reason; nothing is made."""
    generic = NEW | {"handle": "x", "kind": "generic"}
    wrong = [
        (NEW, 409, "handle_taken"),
        (NEW | {"handle": "A B"}, 422, "handle_invalid"),
        (NEW | {"handle": "x", "kind": "fax"}, 422, "integration_kind_unknown"),
        (NEW | {"handle": "x", "service": "none"}, 404, "service_not_found"),
        (NEW | {"handle": "x", "mapping": {"summary": "x"}}, 422, "integration_takes_no_mapping"),
        (generic | {"mapping": {"summary": "]["}}, 422, "integration_mapping_invalid"),
        (generic | {"mapping": {"colour": "x"}}, 422, "integration_mapping_invalid"),
        (generic | {"kindness": "x"}, 422, "invalid"),
    ]
    for body, status, reason in wrong:
        with subtests.test(reason):
            problem(call("POST", "/integrations", body), status, reason)
    assert Integration.objects.count() == 1
    problem(call("GET", "/integrations/none"), 404, "integration_not_found")
    problem(call("POST", "/integrations/none/rotate"), 404, "integration_not_found")
