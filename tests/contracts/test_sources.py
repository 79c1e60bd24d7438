"""What every source keeps: real captures are read exactly, and no body whatever upsets it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.bodies import DOORS, Known, captures, door_of, known, mutations, samples
from contracts.payloads import WIRE
from muster.config.wiring import SOURCES
from muster.core.ports.source_form import KEY_PLACEHOLDER, Door, Malformed, Source
from muster.core.signals import Action, Signal

PAGES = Path(__file__).parents[2] / "docs" / "senders"
SECRETS = ("R0UTINGKEY0000000000000000000000", "V1SERVICEKEY00000000000000000000")


@pytest.mark.parametrize("capture", captures(), ids=lambda path: path.stem)
def test_what_a_real_client_sent_is_understood(capture: Path) -> None:
    request = json.loads(capture.read_text())["request"]
    door = door_of(capture)
    headers = {name.lower(): value for name, value in request["headers"]}
    signals = door.translate(headers, msgspec.json.decode(request["body"].encode()))
    assert signals
    for signal in signals:
        assert signal.dedup_key
        assert signal.action is not Action.TRIGGER or signal.summary
        assert not any(secret in json.dumps(signal.raw) for secret in SECRETS)  # S12: keys are not kept


@pytest.mark.parametrize(("door", "path"), list(samples()), ids=lambda value: getattr(value, "stem", ""))
def test_the_sample_beside_the_parser_is_understood(door: Door, path: Path) -> None:
    assert door.translate({}, json.loads(path.read_text()))


def test_every_source_has_a_sample() -> None:
    assert {door.kind for door, _ in samples()} == {source.form.kind for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.form.kind)
def test_the_text_to_copy_holds_the_address_and_a_placeholder_for_the_key(source: Source) -> None:
    text = source.form.connect_text("https://muster.example.com/")
    assert "https://muster.example.com/" in text
    assert KEY_PLACEHOLDER in text
    assert "{base_url}" not in text
    assert "KEY32" in source.form.connect_text("https://m", "KEY32")
    assert source.form.url("https://m/").startswith("https://m/")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.form.kind)
def test_every_sender_has_its_page_with_the_same_text_to_copy(source: Source) -> None:
    kind = source.form.kind
    page = (PAGES / f"{kind}.md").read_text("utf-8")
    assert source.form.connect_text("https://muster.example.com", "YOUR-KEY").strip() in page
    assert f"]({kind}.md)" in (PAGES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_every_answer_is_a_json_object_and_only_acceptance_is_a_2xx(door: Door) -> None:  # wire rule 6
    bad = {
        "malformed": door.malformed(["no summary"]),
        "not_json": door.not_json(),
        "unknown_key": door.unknown_key("K" * 32),
        "no_key": door.unknown_key(""),
        "too_large": door.too_large(),
        "wrong_method": door.wrong_method(),
        "overloaded": door.overloaded(),
        "unavailable": door.unavailable(),
    }
    for reply in [*bad.values(), door.accepted(["k1"])]:
        assert isinstance(json.loads(reply.body), dict)
        assert "json" in reply.content_type
    assert all(400 <= reply.status < 600 for reply in bad.values())
    assert 200 <= door.accepted(["k1"]).status < 300
    assert bad["unavailable"].status == 503
    assert ("no summary" in bad["malformed"].body.decode()) is True
    assert "allow" in dict(bad["wrong_method"].headers)


OVERLOADED = {"pagerduty-v2": 429, "pagerduty-change": 429, "pagerduty-v1": 403}
OVERLOADED |= dict.fromkeys(("opsgenie-create", "opsgenie-close", "opsgenie-acknowledge"), 429)
"""What a full queue is answered with where it is not 503, after which a webhook's sender comes back."""


@pytest.mark.parametrize("name", DOORS)
def test_overload_is_answered_so_that_the_sender_comes_back(name: str) -> None:  # wire rules 9, 10
    assert DOORS[name].overloaded().status == OVERLOADED.get(name, 503)


TOLD = ("action", "dedup_key", "severity", "occurred_at", "ended_at", "holds_until", "raw")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def valid(signals: list[Signal]) -> None:
    for signal in signals:
        assert 0 < len(signal.dedup_key) <= 255
        assert len(signal.summary) <= 1024
        for one in (signal.occurred_at, signal.ended_at, signal.holds_until):
            assert one is None or one.tzinfo is not None
        msgspec.json.encode(
            {name: value for name, value in msgspec.structs.asdict(signal).items() if name != "raw"}
        )


def at_a_glance(signal: Signal) -> Signal:
    """What of a signal `Door.glance` tells."""
    told = {name: getattr(signal, name) for name in TOLD}
    return Signal(**told)


def read(door: Door, body: Any, headers: Mapping[str, str] | None = None) -> None:
    """Either signals that can be stored, or sentences that say what to change; nothing else ever."""
    errors: tuple[str, ...] | None = None
    seen = door.glance(body) if door.glance is not None else None
    try:
        signals = door.translate(headers or {}, body)
    except Malformed as why:
        errors = why.errors
        assert seen is None
    else:
        valid(signals)
        assert seen is None or [at_a_glance(signal) for signal in signals] == [seen]
    assert errors is None or (errors and all(isinstance(error, str) and error for error in errors))


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=json_values)
def test_any_json_at_all_is_read_or_refused_with_a_sentence(door: Door, body: Any) -> None:  # B2
    read(door, body)


@pytest.mark.parametrize("one", known(), ids=str)
def test_a_body_with_any_member_dropped_of_another_type_or_huge_is_read_or_refused(one: Known) -> None:
    """Each member, however deep, of every sample and of all that `tests/wire` holds (issue 4, proof 2)."""
    for mutated in mutations(one.value):
        read(one.door, mutated, one.headers)


def test_everything_in_the_wire_folder_is_among_them() -> None:
    """But what a client of Opsgenie asks that is no door, and a template with places to fill in."""
    names = {one.name for one in known()}
    left = {path.stem for path in WIRE.rglob("*.json")} - names - {"aws_sns_signed"}
    assert {name for name in left if not name.startswith("opsgenie_sdk_")} == {
        *("am025_opsgenie_update_description", "am025_opsgenie_update_message", "datadog_webhook_template")
    }
    assert "notification_alarm_v2" in names


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_the_deepest_body_that_can_be_decoded_is_read_or_refused(door: Door) -> None:  # B3
    deep = msgspec.json.decode(b'{"a":' * 900 + b"1" + b"}" * 900)
    for body in (
        deep,
        {"summary": "x", "payload": deep, "alerts": [{"labels": deep, "status": "firing"}], "details": deep},
    ):
        read(door, {**body, "event_action": "trigger", "event_type": "trigger", "description": "x"})
        read(door, [body])
