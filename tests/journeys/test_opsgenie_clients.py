"""Real clients of Opsgenie's API, of which one URL was changed: its Python SDK and Debian's Alertmanager."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import opsgenie_sdk
import pytest
from opsgenie_sdk import (
    AcknowledgeAlertPayload,
    AddDetailsToAlertPayload,
    AddNoteToAlertPayload,
    AddTagsToAlertPayload,
    AssignAlertPayload,
    CloseAlertPayload,
    CreateAlertPayload,
    SnoozeAlertPayload,
    UnAcknowledgeAlertPayload,
    UpdateAlertDescriptionPayload,
    UpdateAlertMessagePayload,
    UpdateAlertPriorityPayload,
)

from calling import Call, answer
from engine import settle
from genie import Genie, only
from journeys.alertmanager import Alertmanager, alertmanager
from muster.detect.accounting import account
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.mobilize.paging.models import Page

ALIAS = "wire/1 äö"


@pytest.fixture(autouse=True)
def accounted(genie: Genie) -> Iterator[None]:
    """At the end every signal has one disposition with its reason, and nothing contradicts that."""
    yield
    assert account().amiss == ()


@pytest.fixture
def sdk(genie: Genie) -> opsgenie_sdk.AlertApi:
    """The SDK, pointed at us by its host alone."""
    settings = opsgenie_sdk.configuration.Configuration()
    settings.host = f"http://127.0.0.1:{genie.web.port}"
    settings.api_key["Authorization"] = genie.key
    settings.retry_enabled = False
    return opsgenie_sdk.AlertApi(api_client=opsgenie_sdk.ApiClient(configuration=settings))


def created(sdk: opsgenie_sdk.AlertApi, **members: Any) -> Any:
    return sdk.create_alert(create_alert_payload=CreateAlertPayload(message="Disk full", **members))


def test_an_alert_lives_through_the_sdk(sdk: opsgenie_sdk.AlertApi, call: Call) -> None:
    """Create, acknowledge, note, close; the state as our own API tells it (issue 4, proof 1)."""
    made = created(
        sdk,
        alias=ALIAS,
        description="every lamp\nis red",
        tags=["db", "prod"],
        details={"host": "db-1", "ünï": "v"},
        priority="P1",
        entity="db-1",
        source="wire",
        user="Wire",
        note="made by the journey",
    )
    assert made.result == "Request will be processed"
    told = made.retrieve_result().data
    assert (told.is_success, told.action, told.alias) == (True, "Create", ALIAS)
    settle()
    assert Page.objects.count() == 1
    shown = made.retrieve_resulting_action().data
    assert (shown.id, shown.alias, shown.message, shown.priority) == (made.id, ALIAS, "Disk full", "P1")
    assert (shown.description, shown.details) == ("every lamp\nis red", {"host": "db-1", "ünï": "v"})
    assert (shown.status, shown.acknowledged, shown.tags) == ("open", False, ["db", "prod"])
    assert abs(datetime.now(UTC) - shown.created_at) < timedelta(minutes=5)

    by_alias = {"identifier": ALIAS, "identifier_type": "alias"}
    sdk.acknowledge_alert(
        **by_alias, acknowledge_alert_payload=AcknowledgeAlertPayload(user="Wire", note="mine")
    )
    settle()
    [ours] = answer(call("GET", "/alerts"))["items"]
    assert (ours["state"], ours["acknowledged_by"], ours["dedup_key"]) == ("acknowledged", None, ALIAS)
    sdk.add_note(**by_alias, add_note_to_alert_payload=AddNoteToAlertPayload(note="looking", user="Ana"))
    noted = sdk.list_notes(identifier=ALIAS, identifier_type="alias", limit=20).data
    assert [one.note for one in noted] == ["looking", "mine", "made by the journey"]

    closing = sdk.close_alert(**by_alias, close_alert_payload=CloseAlertPayload(note="fixed"))
    assert closing.retrieve_result().data.is_success is True
    settle()
    assert answer(call("GET", "/alerts"))["items"][0]["state"] == "resolved"
    assert AlertGroup.objects.get().state == "resolved"
    assert sdk.get_alert(identifier=made.id).data.status == "closed"


def test_everything_else_that_the_sdk_does_to_an_alert(sdk: opsgenie_sdk.AlertApi) -> None:
    made = created(sdk, alias=ALIAS, tags=["a"], details={"x": "1"})
    by_alias = {"identifier": ALIAS, "identifier_type": "alias"}
    done = [
        sdk.update_alert_message(
            **by_alias, update_alert_message_payload=UpdateAlertMessagePayload(message="Disk 2")
        ),
        sdk.update_alert_description(
            **by_alias, update_alert_description_payload=UpdateAlertDescriptionPayload(description="d")
        ),
        sdk.update_alert_priority(
            **by_alias, update_alert_priority_payload=UpdateAlertPriorityPayload(priority="P2")
        ),
        sdk.add_tags(**by_alias, add_tags_to_alert_payload=AddTagsToAlertPayload(tags=["b"])),
        sdk.remove_tags(**by_alias, tags=["a"]),
        sdk.add_details(
            **by_alias, add_details_to_alert_payload=AddDetailsToAlertPayload(details={"k2": "v2"})
        ),
        sdk.remove_details(**by_alias, keys=["x"]),
        sdk.assign_alert(**by_alias, assign_alert_payload=AssignAlertPayload(owner={"username": "ben"})),
        sdk.snooze_alert(
            **by_alias,
            snooze_alert_payload=SnoozeAlertPayload(end_time=datetime.now(UTC) + timedelta(hours=1)),
        ),
        sdk.un_acknowledge_alert(
            **by_alias, un_acknowledge_alert_payload=UnAcknowledgeAlertPayload(user="Wire")
        ),
    ]
    for one in done:
        assert one.retrieve_result().data.alert_id == made.id
    shown = sdk.get_alert(identifier=made.id).data
    assert (shown.message, shown.description, shown.priority) == ("Disk 2", "d", "P2")
    assert (shown.tags, shown.details, shown.snoozed) == (["b"], {"k2": "v2"}, False)
    assert sdk.count_alerts(query="status: open").data.count == 1
    assert [one.id for one in sdk.list_alerts(query="priority: P2", limit=5).data] == [made.id]
    sdk.delete_alert(identifier=made.id)
    assert sdk.count_alerts().data.count == 0
    with pytest.raises(opsgenie_sdk.exceptions.ApiException) as caught:
        sdk.get_alert(identifier=made.id)
    assert caught.value.status == 404


def test_the_sdk_hears_what_is_wrong(sdk: opsgenie_sdk.AlertApi) -> None:
    """It reads every error as an object (wire rule 6)."""
    with pytest.raises(opsgenie_sdk.exceptions.OpenApiException) as caught:
        created(sdk, details="a text")
    assert getattr(caught.value, "status", None) == 422
    sdk.api_client.configuration.api_key["Authorization"] = "0" * 32
    with pytest.raises(opsgenie_sdk.exceptions.OpenApiException) as caught:
        sdk.count_alerts()
    assert getattr(caught.value, "status", None) == 401
    assert [alert.dedup_scope for alert in Alert.objects.all()] == ["meta"]  # ours, about what was not read


@pytest.fixture
def sender(genie: Genie, tmp_path: Path) -> Iterator[Alertmanager]:
    """Debian's Alertmanager with an Opsgenie receiver."""
    ways = (
        f'opsgenie_configs: [{{api_key: "{genie.key}", api_url: "http://127.0.0.1:{genie.web.port}/", '
        'update_alerts: true, priority: P1, note: "by alertmanager"}]'
    )
    with alertmanager(tmp_path, ways=ways) as running:
        yield running


def until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.peers
def test_alertmanagers_opsgenie_receiver_fires_updates_and_resolves(
    genie: Genie, sender: Alertmanager
) -> None:
    """Its alert is the whole group; with `update_alerts` its words follow."""
    sender.fire("DiskFull", summary="Disk 99 %")
    until(lambda: Alert.objects.exists())
    settle()
    assert Page.objects.count() == 1
    assert (len(only().dedup_key), only().labels["alertname"]) == (64, "DiskFull")
    assert "Disk 99 %" in only().description
    assert "FIRING:1" in only().summary
    sender.fire("DiskFull", summary="Disk 100 %", severity="warning")
    until(lambda: "FIRING:2" in only().summary)
    until(lambda: "Disk 100 %" in only().description)
    settle()
    assert Page.objects.count() == 1
    for severity in ("critical", "warning"):
        sender.resolve("DiskFull", summary="Disk 99 %", severity=severity)
    until(lambda: only().state == "resolved")
    settle()
    assert AlertGroup.objects.get().state == "resolved"
