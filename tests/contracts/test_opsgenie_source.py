"""Opsgenie's Alert API: read and answered in its own words (wire facts 0 and 2)."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.adapters.sources.opsgenie import answers, door, ids
from muster.adapters.sources.opsgenie.ids import Known, Outcome, Thing
from muster.core.ports.source_form import Door, Malformed, Receipt
from muster.core.signals import Action, Signal, SignalSeverity

CAPTURES = Path(__file__).parents[1] / "wire" / "captures"
AT = datetime(2026, 11, 28, 18, 0, 0, 123000, tzinfo=UTC)
DOORS = {"create": door.CREATE, "close": door.CLOSE, "acknowledge": door.ACKNOWLEDGE}
AT_DOORS = sorted(path for name in DOORS for path in CAPTURES.glob(f"*opsgenie*_{name}.json"))


def request(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CAPTURES / f"{name}.json").read_text())["request"]
    return found


def taken(name: str) -> tuple[Door, Signal]:
    """What a door makes of what a real client sent."""
    asked = request(name)
    found = DOORS[name.rpartition("_")[2]]
    path, _, query = asked["target"].partition("?")
    assert found.takes is not None
    assert found.takes(asked["method"], query.encode())
    headers = {key.lower(): value for key, value in asked["headers"]} | {":path": path.rstrip("/")}
    [signal] = found.translate(headers, msgspec.json.decode(asked["body"].encode()))
    return found, signal


def create(**members: Any) -> Signal:
    [signal] = door.CREATE.translate({}, {"message": "Disk full", **members})
    return signal


def errors(**members: Any) -> tuple[str, ...]:
    with pytest.raises(Malformed) as caught:
        door.CREATE.translate({}, members)
    return caught.value.errors


@pytest.mark.parametrize("path", AT_DOORS, ids=lambda path: path.stem)
def test_what_a_real_client_sent_is_understood(path: Path) -> None:
    found, signal = taken(path.stem)
    wanted = {
        "create": Action.TRIGGER,
        "close": Action.RESOLVE,
        "acknowledge": Action.ACKNOWLEDGE,
    }
    assert signal.action is wanted[path.stem.rpartition("_")[2]]
    assert signal.dedup_key
    assert "11111111-2222" not in json.dumps(signal.raw)  # S12: keys are not kept
    assert found.kind == "opsgenie"


def test_the_captures_of_all_doors_are_here() -> None:
    assert len(AT_DOORS) == 10


def test_the_sdk_creates_acknowledges_and_closes_one_alert() -> None:
    """Its alias has blanks and umlauts, percent-encoded in the path."""
    _, created = taken("opsgenie_sdk_alert_create")
    _, acknowledged = taken("opsgenie_sdk_alert_acknowledge")
    _, closed = taken("opsgenie_sdk_alert_close")
    assert created.dedup_key == "wire d4608ce2508a4b62abc9df99b1aa5907 äö"
    assert acknowledged.dedup_key == closed.dedup_key == created.dedup_key
    assert (created.summary, created.severity) == ("An example alert message", SignalSeverity.CRITICAL)
    assert created.description == "Every alert needs a description"
    assert created.tags == ("OverwriteQuietHours", "Critical")
    assert created.labels == {"key1": "value1", "ünï": "v"}
    assert (created.source, created.component) == ("wire", "An example entity")
    assert created.vendor == {
        "priority": "P1",
        "actions": ["Restart", "AnExampleAction"],
        "responders": [
            {"type": "team", "name": "NOC"},
            {"type": "user", "username": "trinity@example.com"},
        ],
        "visible_to": [{"type": "team", "name": "rocket_team"}],
    }
    assert closed.raw["note"] == "fixed"


def test_alertmanagers_alert_is_its_group_and_its_labels_are_details() -> None:
    _, created = taken("am028_opsgenie_create")
    _, closed = taken("am028_opsgenie_close")
    assert created.dedup_key == closed.dedup_key
    assert len(created.dedup_key) == 64
    assert created.labels["alertname"] == "DiskFull"
    assert "üniïcode" not in created.description
    assert "ünïcode" in created.description
    assert created.severity is SignalSeverity.ERROR


@pytest.mark.parametrize(
    ("path", "alias"),
    [
        ("/v2/alerts/a%2Fb/close", "a/b"),
        ("/v2/alerts/a%2Fb/close/", "a/b"),
        ("/v2/alerts/100%25%20%C3%A4/close", "100% ä"),
        ("/v2/alerts/%ff%00/close", "�\ufffd"),
        ("/v2/alerts/a+b/close", "a+b"),
    ],
)
def test_an_alias_is_taken_from_the_path_as_it_was_sent(path: str, alias: str) -> None:  # wire rule 7
    [signal] = door.CLOSE.translate({":path": path}, {})
    assert signal.dedup_key == alias


@pytest.mark.parametrize(
    ("query", "is_taken"),
    [
        (b"identifierType=alias", True),
        (b"x=1&identifierType=Alias", True),
        (b"identifierType=id", False),
        (b"identifierType=tiny", False),
        (b"", False),
        (b"a=1&" * 60 + b"identifierType=alias", False),
    ],
)
def test_only_what_names_its_alert_by_alias_is_a_signal(query: bytes, is_taken: bool) -> None:
    assert door.CLOSE.takes is not None
    assert door.CLOSE.takes("POST", query) is is_taken
    assert not door.CLOSE.takes("GET", query)


def test_the_list_under_the_same_address_is_not_the_doors() -> None:
    assert door.CREATE.takes is not None
    assert [door.CREATE.takes(method, b"") for method in ("POST", "GET", "PUT")] == [True, False, False]


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, "message: may not be empty"),
        ({"message": None}, "message: may not be empty"),
        ({"message": "  "}, "message: may not be empty"),
        ({"message": ["x"]}, "message: must be a text"),
        ({"message": "x", "alias": {}}, "alias: must be a text"),
        ({"message": "x", "description": []}, "description: must be a text"),
        ({"message": "x", "tags": 5}, "tags: must be a list"),
        ({"message": "x", "tags": {"a": 1}}, "tags: must be a list"),
        ({"message": "x", "actions": True}, "actions: must be a list"),
        ({"message": "x", "responders": {"name": "x"}}, "responders: must be a list"),
        ({"message": "x", "visibleTo": "all"}, "visibleTo: must be a list"),
        ({"message": "x", "details": "none"}, "details: must be an object of texts"),
        ({"message": "x", "details": ["a"]}, "details: must be an object of texts"),
        ({"message": "x", "priority": "P6"}, "priority: must be one of P1, P2, P3, P4, P5"),
        ({"message": "x", "priority": 1}, "priority: must be one of P1, P2, P3, P4, P5"),
        ({"message": "x", "entity": []}, "entity: must be a text"),
        ({"message": "x", "note": {}}, "note: must be a text"),
        ({"message": "x", "user": []}, "user: must be a text"),
        ({"message": "x", "source": []}, "source: must be a text"),
    ],
)
def test_a_member_that_is_not_understood_is_named(members: dict[str, Any], error: str) -> None:
    assert error in errors(**members)
    field, _, why = error.partition(": ")
    answer = door.CREATE.malformed(errors(**members))
    assert answer.status == 422
    assert json.loads(answer.body)["errors"][field] == why


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_a_422(body: Any) -> None:
    for one in DOORS.values():
        with pytest.raises(Malformed):
            one.translate({":path": "/v2/alerts/a/close"}, body)


NULLS = ("alias", "description", "tags", "details", "responders", "visibleTo", "actions", "entity", "source",
         "priority", "user", "note")  # fmt: skip


@pytest.mark.parametrize("name", NULLS)
def test_null_is_absent(name: str) -> None:  # wire rule 4
    given_null, absent = create(**{name: None}), create()
    assert msgspec.structs.replace(given_null, raw=None) == msgspec.structs.replace(absent, raw=None)


HUGE: dict[str, Any] = {
    "message": "m" * 5_000,
    "alias": "a" * 5_000,
    "description": "d\n" * 50_000,
    "tags": [f"tag {n} " + "t" * 600 for n in range(300)],
    "details": {f"k{n}": "v" * 3_000 for n in range(300)},
    "responders": [{"type": "team", "name": "n" * 2_000}] * 200,
    "actions": ["a" * 2_000] * 200,
    "entity": "e" * 5_000,
    "source": "s" * 5_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_too_long_is_cut_and_not_refused(name: str) -> None:
    [signal] = door.CREATE.translate({}, {"message": "m", name: HUGE[name]})
    assert len(signal.dedup_key) <= 255
    assert len(signal.summary) <= 1024
    assert len(signal.description) <= 15_000
    assert len(signal.tags) <= 100
    assert len(signal.labels) <= 128
    assert len(json.dumps(signal.vendor)) < 100_000


def test_a_long_message_is_kept_beyond_what_opsgenie_keeps() -> None:
    assert create(message="m" * 1_000).summary == "m" * 1_000


def test_a_long_alias_finds_its_alert_again_and_is_given_back_whole() -> None:
    alias = "a/" * 200
    [closed] = door.CLOSE.translate({":path": f"/v2/alerts/{alias.replace('/', '%2F')}/close"}, {})
    created = create(alias=alias)
    assert created.dedup_key == closed.dedup_key
    assert created.vendor is not None
    assert created.vendor["alias"] == alias


def test_without_an_alias_the_same_request_sent_again_joins_its_alert() -> None:  # I3
    assert create().dedup_key == create().dedup_key
    assert len(create().dedup_key) == 32
    assert create().dedup_key != create(entity="db-2").dedup_key


def test_nested_details_become_text() -> None:
    assert create(details={"a": {"b": 1}, "n": 5, "gone": None}).labels == {"a": '{"b": 1}', "n": "5"}


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("P1", "critical"),
        ("p2", "error"),
        ("P3", "warning"),
        ("P4", "info"),
        ("P5", "info"),
        (None, "warning"),
    ],
)
def test_priorities_are_severities_and_are_kept(priority: str | None, severity: str) -> None:
    signal = create(priority=priority)
    assert signal.severity == severity
    assert signal.vendor is not None
    assert signal.vendor["priority"] == (priority or "P3").upper()


class TestAnswers:
    def test_a_request_is_taken_with_an_id_that_leads_to_its_alert(self) -> None:  # wire rule 8
        assert door.CREATE.receipt is not None
        reply = door.CREATE.receipt(Receipt(("k",), (7,), AT, 0.0123))
        body = json.loads(reply.body)
        assert reply.status == 202
        assert (body["result"], body["took"]) == ("Request will be processed", 0.012)
        assert reply.request_id == body["requestId"] == str(uuid.UUID(body["requestId"]))
        assert ids.read_id(body["requestId"]) == Known(Thing.CREATE, 7, AT, Outcome.DONE)
        assert dict(reply.headers)["x-ratelimit-state"] == "OK"

    def test_closing_what_is_not_there_is_taken_too(self) -> None:  # wire rule 13
        assert door.CLOSE.receipt is not None
        reply = door.CLOSE.receipt(Receipt(("k",), (0,), AT))
        assert reply.status == 202
        assert ids.read_id(reply.request_id) == Known(Thing.CLOSE, 0, AT, Outcome.MISSING)

    def test_overload_is_a_429_that_says_so(self) -> None:  # wire rule 10
        reply = door.CREATE.overloaded()
        assert reply.status == 429
        assert dict(reply.headers)["x-ratelimit-state"] == "THROTTLED"

    def test_every_error_has_a_message_and_an_id(self) -> None:
        for reply in (
            door.CREATE.overloaded(),
            door.CREATE.unavailable(),
            door.CREATE.not_json(),
            door.CREATE.unknown_key(""),
            door.CREATE.too_large(),
            door.CREATE.wrong_method(),
            answers.not_processable(["no field here"]),
        ):
            body = json.loads(reply.body)
            assert body["message"]
            assert body["requestId"] == reply.request_id
            assert body["took"] == 0.0

    def test_a_wrong_key_is_a_401(self) -> None:
        assert door.CREATE.unknown_key("K" * 32).status == 401
        assert door.CREATE.unknown_key("").status == 401


numbers = st.integers(0, 2**44 - 1)
times = st.integers(0, 7_000_000_000_000).map(
    lambda ms: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
)


class TestIds:
    @given(st.sampled_from(Thing), numbers, times, st.sampled_from(Outcome))
    def test_what_an_id_was_made_of_is_read_back(
        self, thing: Thing, number: int, at: datetime, outcome: Outcome
    ) -> None:
        made = ids.request_id(thing, number, at, outcome)
        assert uuid.UUID(made).version == 8
        assert ids.read_id(made) == Known(thing, number, at, outcome)
        assert ids.read_id(made.upper()) == ids.read_id(made)

    def test_a_thing_always_has_the_same_id_and_a_request_a_new_one(self) -> None:
        assert ids.id_of(Thing.ALERT, 7, AT) == ids.id_of(Thing.ALERT, 7, AT)
        made = {ids.request_id(Thing.CREATE, 7, AT, Outcome.DONE) for _ in range(20)}
        assert len(made) > 10

    @given(st.uuids() | st.text(max_size=40))
    def test_what_is_none_of_ours_is_nothing(self, text: Any) -> None:
        assert ids.read_id(str(text)) is None

    def test_a_mistyped_id_finds_nothing(self) -> None:
        made = ids.id_of(Thing.ALERT, 123456, AT)
        wrong = [
            made[:place] + "0" + made[place + 1 :] for place in range(len(made)) if made[place] not in "-0"
        ]
        assert [text for text in wrong if ids.read_id(text) is not None] == []
        assert ids.read_id(f"{{{made}}}") is None
