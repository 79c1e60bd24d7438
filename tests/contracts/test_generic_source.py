"""Any JSON, with and without a mapping (wire facts 3.9)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.generic import door as generic
from muster.core.ports.source_form import Malformed
from muster.core.refusal import Refused
from muster.core.signals import Action
from muster.detect import source_kinds


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


def test_it_may_be_said_until_when_it_holds_unless_it_is_posted_again() -> None:
    body = {"summary": "a", "key": "k", "until": "2026-11-21T06:48:20Z"}
    assert generic.DOOR.configured is not None
    (signal,) = generic.DOOR.configured({"holds_until": "until"})({}, body)
    assert signal.holds_until == datetime(2026, 11, 21, 6, 48, 20, tzinfo=UTC)
    (plain,) = generic.DOOR.translate({}, body)
    assert plain.holds_until is None


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


def test_a_preview_shows_what_a_mapping_makes_of_payloads_and_why_not() -> None:
    source_kinds.register(generic.SOURCE)
    mapping = {"summary": "what"}
    good, bad = source_kinds.preview("generic", mapping, [{"what": "disk", "key": "k"}, {"other": 1}])
    assert [(signal.summary, signal.dedup_key) for signal in good.signals] == [("disk", "k")]
    assert (bad.signals, len(bad.errors)) == ((), 1)
    with pytest.raises(Refused):
        source_kinds.preview("generic", {"summary": "]["}, [])
