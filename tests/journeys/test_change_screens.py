"""A release just before the trouble is seen wherever the trouble is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from engine import settle
from entering import signed_in
from muster.core.permissions import system
from muster.detect.commands import note_change, receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import add_policy
from muster.mobilize.paging.models import Page
from people import Cast
from rooms import Declare
from senders import set_policy, trigger

TESTS = system("tests")
BEFORE, AFTER = "4 min before it began", "4 min before"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast, "ana")


def release() -> None:
    """Four minutes and a bit ago."""
    service, at = Service.objects.get(handle="checkout"), queries.now()
    when = at - timedelta(minutes=4, seconds=30)
    url = "https://ci.example.com/1"
    note_change(service.pk, actor=TESTS, at=at, summary="Released <4.18.0>", changed_at=when, url=url)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_beside_an_alert_on_its_page_at_night_and_on_its_service(
    ana: Client, key: str, reach: Callable[[str], None]
) -> None:
    prepare()
    reach("ana")
    steps = [{"after": "0s", "notify": ["person:ana"]}]
    add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps})
    set_policy("checkout", "payments")
    release()
    receive_signals([trigger(key)])
    settle()
    for address in (
        f"/alerts/{Alert.objects.get().public_id}",
        f"/pages/{Page.objects.get().public_id}",
    ):
        page = shown(ana, address)
        assert BEFORE in page
        assert "Released &lt;4.18.0&gt;" in page
        assert 'href="https://ci.example.com/1"' in page
    assert "Released &lt;4.18.0&gt;" in shown(ana, "/services/checkout")


@pytest.mark.parametrize("severity", ["SEV2", "SEV4"])
def test_in_the_room_and_on_the_ticket(ana: Client, key: str, declare: Declare, severity: str) -> None:
    release()
    declare(severity)
    page = shown(ana, f"/incidents/{Incident.objects.get().public_id}")
    assert "Changed just before" in page
    assert f"checkout, {AFTER}" in page
