"""`/alert-views`, and the inbox that shows them."""

import pytest
from django.test import Client

from calling import Call, answer, problem
from engine import settle
from entering import signed_in
from muster.core.permissions import system
from muster.detect import commands as detect
from muster.detect.commands import receive_signals
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Person
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import make_service, trigger


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast, "ana")


def test_a_view_is_saved_renamed_deleted_and_brought_back(call: Call) -> None:
    said = {"name": "My night", "state": "triggered", "words": "urgency:high", "is_default": True}
    made = answer(call("POST", "/alert-views", said, who="ana"), 201)
    assert {name: made[name] for name in said} == said
    assert made["team"] is None
    assert made["address"].startswith("/alerts?state=triggered&q=urgency%3Ahigh&view=")
    where = f"/alert-views/{made['id']}"
    assert answer(call("PATCH", where, {"name": "Nights"}, who="ana"))["name"] == "Nights"
    assert call("POST", f"{where}/retire", who="ana").status_code == 204
    assert answer(call("GET", "/alert-views", who="ana"))["items"] == []
    assert answer(call("POST", f"{where}/restore", who="ana"))["is_default"]
    for method, path in (("PATCH", where), ("POST", f"{where}/retire"), ("POST", f"{where}/restore")):
        problem(call(method, path, {}, who="ben"), 404, "alert_view_not_found")
    assert answer(call("GET", "/alert-views", who="ben"))["items"] == []


def test_wrong_views_are_refused_with_what_to_change(call: Call) -> None:
    answer(call("POST", "/alert-views", {"name": "a"}, who="ana"), 201)
    wrong = [
        ({"name": "a"}, 409, "view_name_taken"),
        ({"name": " "}, 422, "view_name"),
        ({"name": "b", "state": "closed"}, 422, "view_state"),
        ({"name": "b", "words": "x" * 201}, 422, "view_words_too_long"),
        ({"name": "b", "team": "none"}, 404, "team_not_found"),
    ]
    for said, status, reason in wrong:
        problem(call("POST", "/alert-views", said, who="ana"), status, reason)
    problem(call("POST", "/alert-views", {"name": "b"}, who="ada"), 403, "role")
    problem(call("GET", "/alerts/ALR-1/similar"), 404, "alert_not_found")


def test_the_inbox_shows_what_a_search_asks_for(call: Call, key: str, ana: Client) -> None:
    """Terms and words, in the address, and so in every view."""
    prepare()
    tests = system("tests")
    orders = make_service(actor=tests, at=queries.now(), handle="orders")
    _, other = detect.add_integration(
        actor=tests, at=queries.now(), handle="o", kind="alertmanager", service_id=orders.pk
    )
    receive_signals([trigger(key, "k1"), trigger(other, "k2")])
    settle()
    for asked, shown in (
        ("", {"checkout", "orders"}),
        ("service:orders", {"orders"}),
        ("service:orders service:checkout", {"checkout", "orders"}),
        ("service:orders nonsense", set()),
        ("checkout fails", {"checkout", "orders"}),
        ("team:none", set()),
    ):
        page = ana.get("/alerts", {"state": "open", "q": asked}).content.decode()
        found = {name for name in ("checkout", "orders") if f'<div class="row-second">{name}</div>' in page}
        assert found == shown, asked


def test_the_inbox_opens_with_the_default_and_shows_the_views(ana: Client, cast: Cast) -> None:
    """Saved from the inbox; what is in the address wins over the default."""
    said = {"name": "Mine tonight", "state": "mine", "q": "checkout", "default": "1"}
    saved = ana.post("/alerts/views", said)
    assert saved.status_code == 302
    address = saved.headers["Location"]
    assert address.startswith("/alerts?state=mine&q=checkout&view=")
    opened = ana.get("/alerts")
    assert (opened.status_code, opened.headers["Location"]) == (302, address)
    page = ana.get(address).content.decode()
    assert "Saved as Mine tonight." in page
    assert 'data-key="1"' in page
    assert 'aria-current="true"><svg' in page
    assert ana.get("/alerts?state=all").status_code == 200


def test_views_are_renamed_and_deleted_with_undo_on_their_screen(ana: Client, cast: Cast) -> None:
    assert "No view is saved." in ana.get("/alerts/views").content.decode()
    ana.post("/alerts/views", {"name": "First", "state": "open", "q": ""})
    ana.post("/alerts/views", {"name": "Second", "state": "all", "q": ""})
    taken = ana.post("/alerts/views", {"name": "First", "state": "held", "q": "disk"})
    assert taken.status_code == 409
    page = taken.content.decode()
    assert "There is a view First already." in page
    assert 'value="disk"' in page
    number = (
        ana.get("/alerts/views").content.decode().partition('action="/alerts/views/')[2].partition('"')[0]
    )
    assert ana.post(f"/alerts/views/{number}", {"name": "Renamed"}).status_code == 302
    assert ana.post(f"/alerts/views/{number}", {"name": "Second"}).status_code == 409
    assert ana.post(f"/alerts/views/{number}", {"default": "1"}).status_code == 302
    ana.post(f"/alerts/views/{number}/retire")
    page = ana.get("/alerts/views").content.decode()
    assert "Deleted Renamed." in page
    assert f'action="/alerts/views/{number}/restore"' in page
    ana.post(f"/alerts/views/{number}/restore")
    assert "Renamed is back." in ana.get("/alerts/views").content.decode()


def test_who_only_reads_is_offered_no_view_to_save(cast: Cast) -> None:
    commands.set_password(cast.id("ada"), "a long enough password", actor=system("tests"), at=queries.now())
    client = Client()
    client.force_login(Person.objects.get(handle="ada").account)
    assert "Save this view" not in client.get("/alerts").content.decode()
    assert "Save a view" not in client.get("/alerts/views").content.decode()
    assert client.post("/alerts/views", {"name": "x", "state": "open"}).status_code == 403
