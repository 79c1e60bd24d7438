"""`/pages` and `/deliveries`: page anybody by hand, answer, and see what became of each message."""

import pytest

from acme import ACME
from calling import Call, answer, problem
from engine import settle
from muster.core.permissions import system
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import AttemptFailed
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from muster.mobilize.paging.models import Call as Called
from muster.mobilize.paging.models import Delivery

TESTS = system("tests")
BEN = {"target": "person:ben", "summary": "Please look at the orders"}


@pytest.fixture
def house(call: Call) -> Call:
    """The house of design 13."""
    prepare()
    answer(call("POST", "/configuration/apply", ACME))
    return call


def test_anybody_who_responds_pages_anybody(house: Call) -> None:
    """R44: the page begins before the answer."""
    called = answer(house("POST", "/pages", BEN, who="ana"), 201)
    [page] = called["pages"]
    assert (called["target"], page["person"], page["about"]) == ("person:ben", "ben", "person:ben")
    assert page["sentence"] == "they have no contact rules, so by everything that can reach them"
    assert answer(house("GET", f"/pages/{page['id']}", who="sam"))["summary"] == BEN["summary"]
    [delivery] = answer(house("GET", f"/deliveries?page={page['id']}"))["items"]
    wanted = {"person": "ben", "channel": "email", "state": "queued", "attempts": 0, "reason": ""}
    assert {name: delivery[name] for name in wanted} == wanted
    assert delivery["id"].startswith("DL-")
    assert delivery["key"] == Delivery.objects.get().key


def test_answering_a_page_stops_its_ladder(house: Call) -> None:
    """Saying it twice is no fault."""
    [page] = answer(house("POST", "/pages", BEN, who="ana"), 201)["pages"]
    for _ in range(2):
        taken = answer(house("POST", f"/pages/{page['id']}/acknowledge", who="ben"))
        assert taken["acknowledged_at"] is not None
    assert Escalation.objects.get().state == "stopped"
    settle()
    assert Delivery.objects.get().state == "cancelled"
    [delivery] = answer(house("GET", "/deliveries?state=cancelled"))["items"]
    assert delivery["sentence"] == "somebody answered"


def test_a_failed_message_says_why(house: Call) -> None:
    """In words."""
    answer(house("POST", "/pages", BEN, who="ana"), 201)
    [claimed] = claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())
    failed = AttemptFailed(True, FailureReason.RECIPIENT_REFUSED)
    record_deliveries([SendResult(claimed.delivery.pk, claimed.fence, failed)], actor=TESTS, at=queries.now())
    [delivery] = answer(house("GET", "/deliveries"))["items"]
    assert (delivery["state"], delivery["attempts"]) == ("failed", 1)
    assert delivery["sentence"] == "the server refused the recipient"


def test_who_only_reads_pages_nobody_and_sees_no_messages_of_others(house: Call) -> None:
    """Auditors read all, and page nobody."""
    for who in ("sam", "ada"):
        problem(house("POST", "/pages", BEN, who=who), 403, "role")
    [page] = answer(house("POST", "/pages", BEN, who="ana"), 201)["pages"]
    problem(house("POST", f"/pages/{page['id']}/acknowledge", who="sam"), 403, "role")
    assert answer(house("GET", "/deliveries", who="sam"))["items"] == []
    assert len(answer(house("GET", "/deliveries", who="ada"))["items"]) == 1


def test_whom_nobody_knows_is_not_paged(house: Call, subtests: pytest.Subtests) -> None:
    """And nothing begins."""
    wrong = [
        ({"target": "person:none"}, 422, "target_unknown"),
        ({"target": "ben"}, 422, "target_unknown"),
        ({"target": "fax:ben"}, 422, "target_unknown"),
        ({"summary": ""}, 422, "invalid"),
        ({"incident": "INC-99"}, 404, "incident_not_found"),
    ]
    for change, status, reason in wrong:
        with subtests.test(str(change)):
            problem(house("POST", "/pages", BEN | change, who="ana"), status, reason)
    assert not Called.objects.exists()
    problem(house("GET", "/pages/99"), 404, "page_not_found")
    problem(house("POST", "/pages/99/acknowledge"), 404, "page_not_found")
