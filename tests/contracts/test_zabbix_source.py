"""Zabbix, through our media type: what a Zabbix server 6.0.14 sent, and newer ones with times."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.adapters.sources.zabbix import door as zabbix
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(zabbix.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"zabbix_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = zabbix.DOOR.translate({}, body)
    return signal


def update(words: str, **more: str) -> dict[str, Any]:
    return sample("problem") | {"event_update_status": "1", "event_update_action": words} | more


def test_problem_acknowledgement_and_recovery_are_told_under_one_key() -> None:
    told = [read(sample(name)) for name in ("problem", "acknowledged", "recovery")]
    assert [signal.action for signal in told] == [Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE]
    assert {signal.dedup_key for signal in told} == {"3"}
    assert told[1].details["event_update_message"] == "I am on it."


def test_a_zabbix_that_tells_the_time_is_believed_and_an_older_one_has_none() -> None:
    problem, recovery = read(sample("problem_with_times")), read(sample("recovery_with_times"))
    assert problem.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert recovery.ended_at == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
    assert (read(sample("problem")).occurred_at, read(sample("recovery")).ended_at) == (None, None)


def test_the_person_sees_host_problem_values_and_links() -> None:
    signal = read(sample("problem"))
    assert signal.summary == "Free disk space is less than 5% on db-1:/var"
    assert (signal.source, signal.component, signal.severity.value) == ("db-1", "storage", "critical")
    assert signal.labels["scope"] == "capacity, availability"
    assert signal.details["event_opdata"] == "Space used: 96 %"
    assert [link.href for link in signal.links] == [
        "https://zabbix.example.com/tr_events.php?triggerid=90001&eventid=3",
        "https://runbooks.example.com/disk",
    ]


def test_what_somebody_did_in_zabbix_was_recorded_and_is_understood() -> None:
    assert read(sample("unacknowledged")).action is Action.TRIGGER
    assert read(sample("commented")).action is Action.TRIGGER
    changed = zabbix.DOOR.translate({}, sample("acknowledged_and_changed"))
    assert [(one.action, one.severity.value) for one in changed] == [
        (Action.TRIGGER, "error"),
        (Action.ACKNOWLEDGE, "error"),
    ]
    assert changed[0].details["user"] == "(guest)"


def test_a_name_that_does_not_say_the_host_is_told_with_it() -> None:
    assert read(sample("problem") | {"event_name": "Disk full"}).summary == "db-1: Disk full"


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("5", "critical"),
        ("4", "error"),
        ("3", "error"),
        ("2", "warning"),
        ("1", "info"),
        ("0", "error"),
        ("", "error"),
    ],
)
def test_the_six_severities_have_theirs_and_one_that_nobody_chose_is_an_error(
    level: str, severity: str
) -> None:
    body = sample("problem") | {"event_nseverity": level, "event_severity": "Not classified"}
    assert read(body).severity.value == severity


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        ("acknowledged", [Action.ACKNOWLEDGE]),
        ("acknowledged and commented", [Action.ACKNOWLEDGE]),
        ("commented", [Action.TRIGGER]),
        ("unacknowledged", [Action.TRIGGER]),
        ("changed severity from Warning to Disaster", [Action.TRIGGER]),
        (
            "acknowledged and changed severity from Warning to Disaster",
            [Action.TRIGGER, Action.ACKNOWLEDGE],
        ),
    ],
)
def test_an_update_says_what_somebody_did(words: str, actions: list[Action]) -> None:
    assert [signal.action for signal in zabbix.DOOR.translate({}, update(words))] == actions


def test_an_update_of_a_problem_that_is_over_is_its_recovery() -> None:
    assert read(update("acknowledged", event_value="0")).action is Action.RESOLVE


def test_macros_that_were_not_filled_in_say_nothing() -> None:
    body = sample("problem") | {
        "event_timestamp": "{EVENT.TIMESTAMP}",
        "host_name": "*UNKNOWN*",
        "host_host": "{HOST.HOST}",
        "zabbix_url": "{$ZABBIX.URL}",
        "trigger_url": "",
        "event_tags": "{EVENT.TAGSJSON}",
    }
    signal = read(body)
    assert (signal.occurred_at, signal.source, signal.links) == (None, "", ())


@pytest.mark.parametrize("tags", ["[{", '"x"', "null", '[{"tag":1,"value":2},{"value":"y"},3]', 5, None, {}])
def test_tags_that_are_no_list_of_tags_cost_nothing(tags: Any) -> None:
    assert read(sample("problem") | {"event_tags": tags}).dedup_key == "3"


def test_the_address_with_the_key_is_not_kept() -> None:
    body = sample("problem") | {"send_to": "https://muster.example.com/in/zabbix/SECRET"}
    assert "SECRET" not in json.dumps(read(body).raw)


def test_every_parameter_of_the_published_media_type_is_one_that_is_read() -> None:
    (media_type,) = yaml.safe_load(zabbix.FORM.connect)["zabbix_export"]["media_types"]
    published = {parameter["name"]: parameter["value"] for parameter in media_type["parameters"]}
    assert set(published) == {*sample("problem"), "send_to"}
    assert all(re.fullmatch(r"\{[$.A-Z]+\}", value) for value in published.values())


@pytest.mark.parametrize("body", [{}, [], {"event_id": "1"}, {"event_id": "1", "event_value": "2"}, None])
def test_a_body_of_another_media_type_is_refused_with_the_macro_that_is_missing(body: Any) -> None:
    with pytest.raises(Malformed, match=r"\{EVENT.VALUE\}"):
        zabbix.DOOR.translate({}, body)
