"""An incident that one may not see: its alerts, which one sees, do not lead to it."""

from typing import Any

import pytest
from django.test import Client

from calling import Call, answer
from engine import settle
from entering import signed_in
from learning import set_audience
from muster.detect.commands import receive_signals
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access.models import Audience
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import trigger


@pytest.fixture
def ben(cast: Cast) -> Client:
    return signed_in(cast, "ben")


@pytest.fixture
def hidden(key: str, call: Call, standard: None) -> Incident:
    """An incident of a group of alerts, for others' eyes only."""
    prepare()
    receive_signals([trigger(key, "k")])
    settle()
    alert = group_of_it().members.get().alert.public_id
    given = {"title": "Payroll was copied", "alert": alert, "severity": "SEV2"}
    answer(call("POST", "/incidents", given, who="ana"), 201)
    incident = Incident.objects.get()
    set_audience(incident, Audience.objects.create(name="few").pk)
    return incident


def group_of_it() -> AlertGroup:
    return AlertGroup.objects.get(service__handle="checkout")


def page(response: Any) -> str:
    assert response.status_code == 200, response.content[:1000]
    return str(response.content.decode())


def test_neither_inbox_nor_alert_leads_to_it(ben: Client, hidden: Incident) -> None:
    group = group_of_it()
    for path in ("/alerts", f"/alerts/{group.public_id}"):
        shown = page(ben.get(path))
        assert group.summary in shown
        assert f"/incidents/{hidden.public_id}" not in shown
        assert "Payroll" not in shown


def test_a_search_for_its_number_finds_nothing(ben: Client, hidden: Incident) -> None:
    group = group_of_it()
    assert group.public_id not in page(ben.get(f"/alerts?q={hidden.public_id}"))


def test_attaching_its_alerts_elsewhere_does_not_name_it(call: Call, hidden: Incident) -> None:
    other = answer(call("POST", "/incidents", {"title": "Another", "severity": "SEV3"}, who="ben"), 201)
    given = {"groups": [group_of_it().public_id], "incident": other["id"]}
    said = answer(call("POST", "/bulk/groups/attach", given, who="ben"))
    assert said["done"] == []
    assert "another incident" in said["left"][0]["detail"]
    assert hidden.public_id not in str(said)
