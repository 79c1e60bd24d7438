"""`/integrations`: connected, shown without the key, rotated, disconnected."""

from datetime import timedelta

import pytest
from django.db import connection

from calling import Call, answer, problem
from database import Clock
from muster.core.permissions import Actor, ActorKind, system
from muster.core.refusal import Refused
from muster.core.signals import Action, make_signal
from muster.detect.commands import Received, key_hash, learn_setting, receive_signals
from muster.detect.models import Integration, Signal
from muster.detect.queries import integration_by_key
from muster.foundation.access.queries import now
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


SENTRY = {"handle": "shop-sentry", "service": "checkout", "kind": "sentry"}
SECRET = "c1ient-s3cret"


def test_a_secret_is_sealed_and_shown_to_nobody(call: Call, key: str) -> None:
    """Not in the answer, the list, the timeline, the column; the door gets it."""
    new = answer(call("POST", "/integrations", SENTRY | {"mapping": {"client_secret": SECRET}}), 201)
    shown = answer(call("GET", "/integrations/shop-sentry"))["mapping"]
    assert shown["client_secret"].startswith("kept:")
    assert SECRET not in str(answer(call("GET", "/integrations")))
    assert not Event.objects.filter(payload__icontains=SECRET).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT mapping::text, sealed FROM detect_integration WHERE handle = 'shop-sentry'")
        mapping, sealed = cursor.fetchone()
    assert mapping == "{}"
    assert SECRET not in sealed
    found = integration_by_key(key_hash(new["key"]))
    assert found is not None
    assert found[3] == {"client_secret": SECRET}


def test_a_mark_that_is_written_back_leaves_the_secret_and_another_text_replaces_it(
    call: Call, key: str
) -> None:
    """A mark of anything else is refused; an empty text takes the secret away."""
    new = answer(call("POST", "/integrations", SENTRY | {"mapping": {"client_secret": SECRET}}), 201)
    hash_ = key_hash(new["key"])
    where = "/integrations/shop-sentry"
    mapping = answer(call("GET", where))["mapping"]
    events = Event.objects.count()
    answer(call("PATCH", where, {"mapping": mapping}))
    assert Event.objects.count() == events
    answer(call("PATCH", where, {"mapping": {"client_secret": "other"}}))
    assert integration_by_key(hash_)[3] == {"client_secret": "other"}  # type: ignore[index]
    assert Event.objects.latest("id").payload["secrets"] == ["client_secret"]
    problem(call("PATCH", where, {"mapping": mapping}), 422, "integration_mark_unknown")
    answer(call("PATCH", where, {"mapping": {"client_secret": ""}}))
    assert integration_by_key(hash_)[3] == {}  # type: ignore[index]


def test_an_integration_is_told_only_what_its_kind_can_be_told(call: Call, key: str) -> None:
    """And no more than fits."""
    for mapping in ({"colour": "x"}, {"client_secret": "x" * 501}):
        wrong = call("POST", "/integrations", SENTRY | {"mapping": mapping})
        problem(wrong, 422, "integration_mapping_invalid")


def test_a_sender_teaches_its_integration_once(call: Call, key: str) -> None:
    """The first topic stays; nobody else may teach; the timeline says so."""
    answer(call("POST", "/integrations", SENTRY | {"handle": "aws", "kind": "sns"}), 201)
    row = Integration.objects.get(handle="aws")
    itself = Actor(kind=ActorKind.INTEGRATION, id=row.pk)
    for topic in ("arn:one", "arn:two"):
        assert learn_setting(row.pk, "topic", topic, actor=itself, at=now()) == "arn:one"
    assert answer(call("GET", "/integrations/aws"))["mapping"] == {"topic": "arn:one"}
    changes = Event.objects.filter(subject=row.subject, kind="integration.changed")
    assert [event.actor for event in changes] == [f"integration:{row.pk}"]
    for other in (Actor(kind=ActorKind.INTEGRATION, id=row.pk + 1), system("tests")):
        with pytest.raises(Refused):
            learn_setting(row.pk, "topic", "arn:two", actor=other, at=now())


def test_a_mapping_is_tried_on_what_came_lately_before_it_is_saved(call: Call, key: str) -> None:
    """Newest first; nothing is stored; what would be refused says why."""
    generic = {"handle": "cameras", "service": "checkout", "kind": "generic"}
    new = answer(call("POST", "/integrations", generic, who="cleo"), 201)
    for n in range(3):
        raw = {"what": f"door {n} open", "camera": "c-1", "phase": "over" if n == 2 else "new"}
        signal = make_signal(Action.TRIGGER, f"k{n}", summary="x", raw=raw)
        receive_signals([Received(key_hash(new["key"]), "generic", (signal,))])
    events, signals = Event.objects.count(), Signal.objects.count()
    mapping = {"summary": "what", "key": "camera", "status": "phase", "resolve_when": "over"}
    where = "/integrations/cameras/preview"
    items = answer(call("POST", where, {"mapping": mapping}, who="cleo"))["items"]
    assert [(one["signals"][0]["action"], one["signals"][0]["summary"]) for one in items] == [
        ("resolve", "door 2 open"),
        ("trigger", "door 1 open"),
        ("trigger", "door 0 open"),
    ]
    assert {one["signals"][0]["key"] for one in items} == {"c-1"}
    assert items[0]["payload"]["phase"] == "over"
    given = {"mapping": mapping, "payloads": [{"camera": "c-2"}, 7]}
    refused = answer(call("POST", where, given, who="cleo"))["items"]
    assert [(one["signals"], len(one["errors"])) for one in refused] == [([], 1), ([], 1)]
    assert (Event.objects.count(), Signal.objects.count()) == (events, signals)


def test_a_preview_is_for_who_may_change_the_mapping_and_for_kinds_that_have_one(
    call: Call, key: str
) -> None:
    """With the reasons of saving it."""
    answer(call("POST", "/integrations", {"handle": "g", "service": "checkout", "kind": "generic"}), 201)
    for who in ("ana", "sam", "ada"):
        refused = call("POST", "/integrations/g/preview", {"mapping": {"summary": "a"}}, who=who)
        problem(refused, 403, "not_your_team")
    wrong = call("POST", "/integrations/g/preview", {"mapping": {"summary": "]["}})
    problem(wrong, 422, "integration_mapping_invalid")
    none = call("POST", "/integrations/checkout-am/preview", {"mapping": {}})
    problem(none, 422, "integration_takes_no_mapping")
