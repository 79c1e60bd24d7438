"""The delivery log: what became of each message, the same by screen, API and filters in the address."""

from typing import Any

import pytest
from django.test import Client

from calling import Call, answer
from engine import settle
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import AttemptFailed
from muster.foundation.access.models import Account
from muster.foundation.access.queries import now
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from people import Cast


@pytest.fixture
def log(cast: Cast, reach: Any, call: Call) -> None:
    """Ana's message was accepted, Ben's refused for good, Cleo's waits."""
    for handle in ("ana", "ben", "cleo"):
        reach(handle)
        answer(call("POST", "/pages", {"target": f"person:{handle}", "summary": "Down"}), 201)
        settle()
        if handle == "cleo":
            continue
        worker = system("worker")
        [claimed] = claim_deliveries("email", 1, True, actor=worker, at=now())
        refused = AttemptFailed(True, FailureReason.RECIPIENT_REFUSED, "550")
        result = Accepted() if handle == "ana" else refused
        sent = SendResult(claimed.delivery.pk, claimed.fence, result)
        record_deliveries([sent], actor=worker, at=now())


def seen(who: str, path: str) -> str:
    client = Client()
    client.force_login(Account.objects.get(person__handle=who))
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def account(cast: Cast, who: str) -> None:
    Account.objects.create(person_id=cast.id(who), email=f"{who}@example.com", password="!")


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("", {"Ana", "Ben", "Cleo"}),
        ("?state=failed", {"Ben"}),
        ("?state=accepted", {"Ana"}),
        ("?state=waiting", {"Cleo"}),
        ("?person=ana", {"Ana"}),
        ("?channel=ntfy", set()),
        ("?person=ben&channel=email&state=failed", {"Ben"}),
        ("?before=x&state=nonsense", {"Ana", "Ben", "Cleo"}),
    ],
)
def test_the_screen_shows_what_the_address_asks_for(
    cast: Cast, log: None, query: str, people: set[str]
) -> None:
    account(cast, "ana")
    shown = seen("ana", f"/deliveries{query}")
    assert {name for name in ("Ana", "Ben", "Cleo") if f">{name}</a>" in shown} == people
    assert "1 message failed." in shown or "Ben" not in people


def test_why_it_failed_is_said_in_words(cast: Cast, log: None) -> None:
    account(cast, "ana")
    assert "the server refused the recipient" in seen("ana", "/deliveries?state=failed")


def test_who_does_not_respond_sees_only_their_own(cast: Cast, log: None) -> None:
    account(cast, "sam")
    assert "Nothing was sent." in seen("sam", "/deliveries")


def test_the_api_filters_alike(log: None, call: Call) -> None:
    def people(query: str) -> list[str]:
        return [one["person"] for one in answer(call("GET", f"/deliveries{query}", who="ana"))["items"]]

    assert people("?person=ana") == ["ana"]
    assert people("?channel=email&state=failed") == ["ben"]
    assert people("?channel=ntfy") == []
