"""What every source keeps: real captures are read exactly, and no body whatever upsets it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.generic import door as generic
from muster.adapters.sources.pagerduty import door as pagerduty
from muster.core.intake import Action, Signal
from muster.core.ports.source_form import KEY_PLACEHOLDER, Door, Malformed, Source

SOURCES = [alertmanager.SOURCE, pagerduty.SOURCE, generic.SOURCE]
DOORS = {door.name: door for source in SOURCES for door in source.doors}
CAPTURES = Path(__file__).parents[1] / "wire" / "captures"
ADAPTERS = Path(alertmanager.__file__).parents[1]
SECRETS = ("R0UTINGKEY0000000000000000000000", "V1SERVICEKEY00000000000000000000")


def door_of(capture: Path) -> Door | None:
    name = capture.name
    if "change_event" in name:
        return pagerduty.CHANGE_EVENTS
    if "pagerduty_v1" in name:
        return pagerduty.EVENTS_V1
    if "webhook" in name:
        return alertmanager.DOOR
    return pagerduty.EVENTS_V2


def samples() -> Iterator[tuple[Door, Path]]:
    for door in DOORS.values():
        for path in sorted((ADAPTERS / door.kind / "samples").glob(f"{door.name}_*.json")):
            yield door, path


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.json")), ids=lambda path: path.stem)
def test_what_a_real_client_sent_is_understood(capture: Path) -> None:
    request = json.loads(capture.read_text())["request"]
    door = door_of(capture)
    assert door is not None
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


@pytest.mark.parametrize(
    ("name", "status"),
    [("alertmanager", 503), ("generic", 503), ("pagerduty-v2", 429), ("pagerduty-v1", 403)],
)
def test_overload_is_answered_so_that_the_sender_comes_back(
    name: str, status: int
) -> None:  # wire rules 9, 10
    assert DOORS[name].overloaded().status == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def valid(signals: list[Signal]) -> None:
    for signal in signals:
        assert 0 < len(signal.dedup_key) <= 255
        assert len(signal.summary) <= 1024
        for one in (signal.occurred_at, signal.ended_at):
            assert one is None or one.tzinfo is not None
        msgspec.json.encode({f.name: getattr(signal, f.name) for f in fields(signal) if f.name != "raw"})


def read(door: Door, body: Any) -> None:
    """Either signals that can be stored, or sentences that say what to change; nothing else ever."""
    errors: tuple[str, ...] | None = None
    try:
        valid(door.translate({}, body))
    except Malformed as why:
        errors = why.errors
    assert errors is None or (errors and all(isinstance(error, str) and error for error in errors))


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=json_values)
def test_any_json_at_all_is_read_or_refused_with_a_sentence(door: Door, body: Any) -> None:  # B2
    read(door, body)


def mutations(body: Any) -> Iterator[Any]:
    """The body with each member, however deep, dropped or of another type (reliability section 8)."""
    for path in list(paths(body)):
        yield changed(body, path, None, drop=True)
        for other in (
            None,
            "",
            0,
            -1,
            1e300,
            True,
            [],
            {},
            "x" * 70_000,
            ["x"],
            {"x": "y"},
            "a\x00b",
            10**30,
        ):
            yield changed(body, path, other)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in items:
        yield (*at, name)
        yield from paths(inner, (*at, name))


def changed(body: Any, path: tuple[Any, ...], other: Any, *, drop: bool = False) -> Any:
    copied = dict(body) if isinstance(body, Mapping) else list(body)
    if len(path) > 1:
        copied[path[0]] = changed(body[path[0]], path[1:], other, drop=drop)
    elif drop:
        del copied[path[0]]
    else:
        copied[path[0]] = other
    return copied


@pytest.mark.parametrize(("door", "path"), list(samples()), ids=lambda value: getattr(value, "stem", ""))
def test_a_sample_with_any_member_dropped_or_of_another_type_is_read_or_refused(
    door: Door, path: Path
) -> None:
    body = json.loads(path.read_text())
    for mutated in mutations(body):
        read(door, mutated)


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_the_deepest_body_that_can_be_decoded_is_read_or_refused(door: Door) -> None:  # B3
    deep = msgspec.json.decode(b'{"a":' * 900 + b"1" + b"}" * 900)
    for body in (
        deep,
        {"summary": "x", "payload": deep, "alerts": [{"labels": deep, "status": "firing"}], "details": deep},
    ):
        read(door, {**body, "event_action": "trigger", "event_type": "trigger", "description": "x"})
        read(door, [body])


# Alertmanager


def capture(name: str) -> Any:
    return json.loads((CAPTURES / f"{name}.json").read_text())["body_json"]


def test_each_alert_of_a_group_is_one_signal_and_speaks_for_itself() -> None:
    signals = alertmanager.DOOR.translate({}, capture("am025_webhook_firing_partial_resolved"))
    assert [(s.action, s.dedup_key) for s in signals] == [
        (Action.RESOLVE, "6cb0d7ea4153620f"),
        (Action.TRIGGER, "259bcc6c1ddd7f0c"),
    ]
    assert signals[0].ended_at == datetime(2026, 11, 21, 6, 46, 1, tzinfo=UTC)
    assert signals[1].ended_at is None


def test_an_alert_keeps_what_people_need_to_see() -> None:
    (signal,) = alertmanager.DOOR.translate({}, capture("am028_webhook_firing"))
    assert signal.summary == "Disk 99% on db-1"
    assert signal.severity.value == "critical"
    assert (signal.source, signal.class_) == ("db-1:9100", "DiskFull")
    assert signal.labels["instance"] == "db-1:9100"
    assert signal.details["description"] == "/var is full ünïcode"
    assert {link.href for link in signal.links} == {
        "http://prom.example/graph?g0.expr=up",
        "https://runbooks.example/disk",
    }
    assert signal.occurred_at == datetime(2026, 11, 21, 6, 46, 27, 16356, tzinfo=UTC)


def test_the_group_is_the_hash_that_the_pagerduty_receiver_sends_as_key() -> None:
    by_webhook = alertmanager.DOOR.translate({}, capture("am028_webhook_firing"))[0]
    by_pagerduty = pagerduty.EVENTS_V2.translate({}, capture("am028_pagerduty_v2_trigger"))[0]
    assert by_webhook.group_key == by_pagerduty.dedup_key


def test_members_of_one_group_share_their_group_and_not_their_key() -> None:
    one, two = alertmanager.DOOR.translate({}, capture("am025_webhook_firing_group_of_2"))
    assert one.group_key == two.group_key
    assert one.dedup_key != two.dedup_key
    assert len(json.dumps(one.raw)) < len(json.dumps(capture("am025_webhook_firing_group_of_2")))


def test_without_a_fingerprint_the_labels_are_the_key_in_any_order() -> None:
    def keys(labels: dict[str, str]) -> str:
        body = {"status": "firing", "alerts": [{"status": "firing", "labels": labels}]}
        return alertmanager.DOOR.translate({}, body)[0].dedup_key

    assert keys({"a": "1", "b": "2"}) == keys({"b": "2", "a": "1"}) != keys({"a": "1"})


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        ("Page", "critical"),
        ("warning", "warning"),
        ("none", "info"),
        ("", "error"),
        ("purple", "error"),
    ],
)
def test_a_severity_label_is_mapped_and_an_unknown_word_is_an_error(word: str, severity: str) -> None:
    body = {
        "alerts": [{"status": "firing", "labels": {"alertname": "A", "severity": word}}],
        "truncatedAlerts": 3,
    }
    (signal,) = alertmanager.DOOR.translate({}, body)
    assert signal.severity.value == severity
    assert signal.details["truncatedAlerts"] == 3


def test_an_alert_without_words_is_named_after_itself() -> None:
    body = {"alerts": [{"status": "firing", "labels": {"alertname": "DiskFull", "instance": "db-1"}}]}
    assert alertmanager.DOOR.translate({}, body)[0].summary == "DiskFull (db-1)"


# PagerDuty


def v2(**members: Any) -> dict[str, Any]:
    payload = {"summary": "Disk full", "source": "db-1", "severity": "critical"}
    return {"routing_key": "R" * 32, "event_action": "trigger", "payload": payload, **members}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (v2(event_action=None), "'event_action' is missing or blank"),
        (
            {"service_key": "K" * 32, "event_type": "trigger", "description": "x"},
            "'event_action' is missing or blank",
        ),
        (v2(event_action="page"), "'event_action' is invalid"),
        (v2(event_action="resolve"), "'dedup_key' is missing or blank"),
        (v2(dedup_key={"a": 1}), "'dedup_key' must be a string"),
        (v2(payload=None), "'payload' is missing or blank"),
        (
            v2(payload={"summary": " ", "source": "x", "severity": "info"}),
            "'payload.summary' is missing or blank",
        ),
        (v2(payload={"summary": "x", "severity": "info"}), "'payload.source' is missing or blank"),
        (
            v2(payload={"summary": "x", "source": "x", "severity": "page"}),
            "'payload.severity' is invalid (must be one of the following: "
            "'critical', 'warning', 'error' or 'info')",
        ),
        ([], "must be a JSON object"),
    ],
)
def test_version_2_refuses_in_pagerdutys_own_words(body: Any, error: str) -> None:
    with pytest.raises(Malformed) as caught:
        pagerduty.EVENTS_V2.translate({}, body)
    assert error in " ".join(caught.value.errors)


def test_version_2_reads_everything_its_documented_example_holds() -> None:
    (signal,) = pagerduty.EVENTS_V2.translate({}, capture("pagerduty720_trigger"))
    assert signal.dedup_key == "wire/pagerduty/2b9d32deac1a4317a47127966d5935dd"
    assert (signal.component, signal.group, signal.class_) == ("mysql", "prod-datapipe", "disk")
    assert signal.details["ünï"] == ["a", {"b": None}]
    assert signal.labels["free space"] == "1%"
    assert signal.occurred_at == datetime(2015, 7, 17, 8, 42, 58, 315000, tzinfo=UTC)
    assert signal.links[0].text == "Runbook"
    assert signal.images[0].alt == "graph"


def test_an_event_without_a_key_gets_one_and_the_same_one_when_it_is_sent_again() -> None:  # I3
    first, again, other = (
        pagerduty.EVENTS_V2.translate({}, body)[0].dedup_key
        for body in (v2(), v2(dedup_key=None), v2(client="x"))
    )
    assert len(first) == 32
    assert all(letter in "0123456789abcdef" for letter in first)
    assert first != other
    assert pagerduty.EVENTS_V2.translate({}, v2())[0].dedup_key == first
    assert again != other


def test_version_2_answers_with_the_key() -> None:
    reply = pagerduty.EVENTS_V2.accepted(["k1"])
    assert reply.status == 202
    assert json.loads(reply.body) == {"status": "success", "message": "Event processed", "dedup_key": "k1"}


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("short", "Length of 'routing_key' is incorrect (should be 32 characters)"),
        ("R" * 31 + "-", "'routing_key' cannot contain non-alphanumeric characters."),
        ("R" * 32, "Invalid routing key"),
        ("", "'routing_key' is missing or blank"),
    ],
)
def test_a_wrong_routing_key_is_told_as_pagerduty_tells_it(key: str, error: str) -> None:
    reply = pagerduty.EVENTS_V2.unknown_key(key)
    assert reply.status == 400
    body = json.loads(reply.body)
    assert (body["status"], body["message"], body["errors"]) == (
        "invalid event",
        "Event object is invalid",
        [error],
    )


def test_broken_json_is_told_as_pagerduty_tells_it() -> None:
    assert json.loads(pagerduty.EVENTS_V2.not_json().body)["errors"] == ["JSON parse error"]


def test_a_change_event_never_feeds_an_alert() -> None:
    (signal,) = pagerduty.CHANGE_EVENTS.translate({}, capture("pagerduty720_change_event"))
    assert (signal.action, signal.summary) == (Action.CHANGE, "Deploy 1.2.3")
    assert json.loads(pagerduty.CHANGE_EVENTS.accepted(["k"]).body)["message"] == "Change event processed"


def test_version_1_answers_200_with_the_incident_key() -> None:
    (signal,) = pagerduty.EVENTS_V1.translate({}, capture("am025_pagerduty_v1_trigger"))
    assert signal.summary.startswith("[FIRING:1] DiskFull")
    reply = pagerduty.EVENTS_V1.accepted([signal.dedup_key])
    assert reply.status == 200
    assert json.loads(reply.body)["incident_key"] == signal.dedup_key


def test_version_1_keeps_links_and_pictures_from_its_contexts() -> None:
    contexts = [{"type": "link", "href": "https://l"}, {"type": "image", "src": "https://i"}, None, "x"]
    body = {"service_key": "K" * 32, "event_type": "trigger", "description": "x", "contexts": contexts}
    (signal,) = pagerduty.EVENTS_V1.translate({}, body)
    assert [link.href for link in signal.links] == ["https://l"]
    assert [image.src for image in signal.images] == ["https://i"]


# Generic


@pytest.mark.parametrize(
    ("body", "action", "summary", "key"),
    [
        ({"summary": "a", "key": "k"}, Action.TRIGGER, "a", "k"),
        ({"title": "a", "id": 7, "status": "OK"}, Action.RESOLVE, "a", "7"),
        ({"message": "a", "alias": "k", "action": "ack"}, Action.ACKNOWLEDGE, "a", "k"),
        ({"key": "k", "status": "resolved"}, Action.RESOLVE, "", "k"),
    ],
)
def test_the_shapes_that_most_senders_have_need_no_mapping(
    body: Any, action: Action, summary: str, key: str
) -> None:
    (signal,) = generic.DOOR.translate({}, body)
    assert (signal.action, signal.summary, signal.dedup_key) == (action, summary, key)


def test_without_a_key_the_same_trouble_has_the_same_one() -> None:
    one, other, third = (
        generic.DOOR.translate({}, {"summary": "a", "source": host, "value": value})[0].dedup_key
        for host, value in (("h1", 1), ("h1", 2), ("h2", 1))
    )
    assert one == other != third


def test_a_list_is_several_signals() -> None:
    body = json.loads(
        (Path(__file__).parents[1] / "wire" / "payloads" / "incidentio_http_alert.json").read_text()
    )["body"]
    signals = generic.DOOR.translate({}, [body, {**body, "deduplication_key": "2", "status": "resolved"}])
    assert [signal.dedup_key for signal in signals] == ["4293868629", "2"]
    assert [signal.action for signal in signals] == [Action.TRIGGER, Action.RESOLVE]


def test_a_mapping_says_where_each_thing_is() -> None:
    assert generic.DOOR.configured is not None
    read_it = generic.DOOR.configured(
        {
            "summary": "check.name",
            "key": "join('/', [check.name, host.id])",
            "status": "check.state",
            "resolve_when": "fine",
        }
    )
    (signal,) = read_it({}, {"check": {"name": "disk", "state": "Fine"}, "host": {"id": "h1"}})
    assert (signal.action, signal.summary, signal.dedup_key) == (Action.RESOLVE, "disk", "disk/h1")


@pytest.mark.parametrize(
    "options", [{"nonsense": "a"}, {"summary": "a ||"}, {"summary": "a" * 501}, {"key": "(" * 400}]
)
def test_a_bad_mapping_is_refused_when_it_is_saved(options: dict[str, str]) -> None:
    assert generic.DOOR.configured is not None
    with pytest.raises(Malformed):
        generic.DOOR.configured(options)


def test_a_mapping_that_does_not_fit_a_body_is_refused_with_a_sentence() -> None:
    assert generic.DOOR.configured is not None
    with pytest.raises(Malformed) as caught:
        generic.DOOR.configured({"summary": "join('/', a)"})({}, {"a": 3})
    assert "summary" in caught.value.errors[0]
