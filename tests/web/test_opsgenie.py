"""Opsgenie's Alert API on the product's own web process: create, close, acknowledge, read (wire facts 2)."""

import uuid

import pytest

from calling import Call, answer
from engine import settle
from genie import Genie, only
from muster.detect.models import Alert, Signal
from muster.evaluate.models import AlertGroup
from muster.foundation.timeline.models import Event
from muster.mobilize.paging.models import Page

WHOLE = {
    "alias": "disk/db 1 ä",
    "description": "The disk of db-1\nis full",
    "tags": ["db", "prod"],
    "details": {"host": "db-1", "free": 0},
    "entity": "db-1",
    "source": "probe",
    "priority": "P5",
    "actions": ["Restart"],
    "responders": [{"type": "team", "name": "NOC"}],
}
ALIAS = "/disk%2Fdb%201%20%C3%A4"
BY_ALIAS = "?identifierType=alias"


def test_an_alert_is_on_disk_when_its_sender_hears_202_and_can_be_read_back(genie: Genie) -> None:
    genie.create(**WHOLE)
    row = only()
    assert (row.state, row.dedup_scope, row.service.handle) == ("triggered", "organisation", "checkout")
    shown = genie.get(ALIAS + BY_ALIAS)
    assert {name: shown[name] for name in WHOLE if name != "details"} == {
        name: value for name, value in WHOLE.items() if name != "details"
    }
    assert shown["details"] == {"host": "db-1", "free": "0"}
    wanted = {"message": "Disk full", "status": "open", "count": 1, "acknowledged": False, "snoozed": False}
    assert {name: shown[name] for name in wanted} == wanted
    assert (shown["tinyId"], shown["report"], shown["owner"]) == (str(row.pk), {}, "")
    assert shown["integration"]["name"] == "scripts"
    assert shown["createdAt"].endswith("Z")
    assert len(shown["createdAt"]) == len("2017-05-24T14:24:20.844Z")
    assert uuid.UUID(shown["id"])


def test_people_see_what_the_sender_tells_of_it(genie: Genie, call: Call) -> None:
    genie.create(**WHOLE)
    [ours] = answer(call("GET", "/alerts"))["items"]
    assert (ours["description"], ours["tags"]) == (WHOLE["description"], WHOLE["tags"])
    assert ours["labels"] == {"host": "db-1", "free": "0"}


def test_every_id_of_an_alert_finds_it(genie: Genie) -> None:
    """The alert's own, its number, its alias, and of every request that created it (wire rule 8)."""
    requests = [genie.create(alias="k") for _ in range(3)]
    assert len(set(requests)) == 3
    shown = genie.get(f"/{requests[0]}")
    assert shown["count"] == 3
    paths = [
        *(f"/{request}?identifierType=id" for request in requests),
        f"/{shown['id']}",
        f"/{shown['id'].upper()}?identifierType=ID",
        f"/{shown['tinyId']}?identifierType=tiny",
        "/k?identifierType=alias",
        "/k/?identifierType=alias",
    ]
    assert {genie.get(path)["id"] for path in paths} == {shown["id"]}
    for path in (
        "/k",
        f"/{uuid.uuid4()}",
        "/a%0Ab",
        "/99?identifierType=tiny",
        "/x?identifierType=alias",
        "/%20x",
    ):
        assert genie.refused("GET", path)[0] == 404
    assert genie.refused("GET", "/k?identifierType=name") == (
        422,
        {"identifierType": "must be one of id, alias, tiny"},
    )


def test_a_create_tells_what_became_of_it(genie: Genie) -> None:
    request = genie.create(alias="k")
    status = genie.status(request)
    assert (status["isSuccess"], status["success"], status["action"], status["status"]) == (
        True,
        True,
        "Create",
        "Created alert",
    )
    assert (status["alias"], status["alertId"]) == ("k", genie.get("/k" + BY_ALIAS)["id"])
    assert status["processedAt"].endswith("Z")
    assert uuid.UUID(status["integrationId"])
    assert genie.refused("GET", f"/requests/{uuid.uuid4()}")[0] == 404
    assert genie.refused("GET", "/requests/none")[0] == 404


def test_an_alias_closes_and_the_next_trigger_is_another_alert(genie: Genie) -> None:
    first = genie.create(alias="a/b")
    closed = genie.do("POST", "/a%2Fb/close" + BY_ALIAS, {"note": "fixed", "user": "Wire"})
    assert genie.status(closed)["status"] == "Closed alert"
    second = genie.create(alias="a/b")
    states = {genie.get(f"/{request}")["status"] for request in (first,)}
    assert states == {"closed"}
    assert genie.get(f"/{second}")["status"] == "open"
    assert genie.get(f"/{first}")["id"] != genie.get(f"/{second}")["id"]
    assert genie.get("/a%2Fb" + BY_ALIAS)["id"] == genie.get(f"/{second}")["id"]
    closing = Signal.objects.get(action="resolve")
    assert (closing.disposition, closing.raw["note"]) == ("resolved", "fixed")


def test_the_id_of_the_request_that_created_closes_and_only_its_own_alert(genie: Genie) -> None:
    """As apprise does it (wire rule 8); the old id never ends a newer alert under the alias."""
    first = genie.create(alias="k")
    assert genie.status(genie.do("POST", f"/{first}/close?identifierType=id"))["isSuccess"] is True
    genie.create(alias="k")
    again = genie.status(genie.do("POST", f"/{first}/close", {}))
    assert (again["isSuccess"], again["status"]) == (True, "Nothing had to be changed")
    assert list(Alert.objects.order_by("id").values_list("state", flat=True)) == ["resolved", "triggered"]
    resolved = Alert.objects.earliest("id")
    assert resolved.resolved_by == f"integration:{resolved.integration_id}"


def test_closing_what_is_not_there_is_taken_and_fails_in_its_status(genie: Genie) -> None:  # wire rule 13
    for path in ("/none/close" + BY_ALIAS, f"/{uuid.uuid4()}/close", "/12/close?identifierType=tiny"):
        status = genie.status(genie.do("POST", path))
        assert (status["isSuccess"], status["status"]) == (False, "Alert does not exist")
        assert (status["alertId"], status["alias"], status["action"]) == ("", "", "Close")


def test_an_acknowledgement_stops_paging_and_giving_back_pages_again(genie: Genie) -> None:
    request = genie.create(alias="k", priority="P1")
    settle()
    assert Page.objects.count() == 1
    genie.do("POST", "/k/acknowledge" + BY_ALIAS, {"user": "Wire", "note": "mine"})
    settle()
    assert AlertGroup.objects.get().state == "acknowledged"
    shown = genie.get(f"/{request}")
    assert (shown["acknowledged"], shown["status"]) == (True, "open")
    assert shown["report"]["ackTime"] >= 0
    twice = genie.status(genie.do("POST", f"/{request}/acknowledge"))
    assert twice["status"] == "Nothing had to be changed"
    assert genie.status(genie.do("POST", f"/{request}/unacknowledge", {"user": "Wire"}))["isSuccess"] is True
    settle()
    assert AlertGroup.objects.get().state == "triggered"
    assert Page.objects.count() == 2
    assert genie.get(f"/{request}")["acknowledged"] is False


def test_an_acknowledgement_by_the_id_is_of_the_sender_and_of_no_person(genie: Genie) -> None:
    request = genie.create(alias="k")
    genie.do("POST", f"/{request}/acknowledge")
    row = only()
    assert (row.state, row.acknowledged_by) == ("acknowledged", None)
    event = Event.objects.get(kind="alert.acknowledged")
    assert event.actor == f"integration:{row.integration_id}"


def test_one_alias_is_one_alert_in_the_whole_organisation(genie: Genie, other: Genie) -> None:
    """The scope of these doors (design section 5); whoever opened it says whose service it is."""
    genie.create(alias="k")
    other.create(alias="k")
    assert (only().count, only().service.handle) == (2, "checkout")
    other.do("POST", "/k/close" + BY_ALIAS)
    assert only().state == "resolved"


def test_what_came_by_another_door_is_not_shown_here(genie: Genie, call: Call) -> None:
    """An integration's key opens its own scope only."""
    key = answer(call("POST", "/integrations/checkout-alertmanager/rotate"))["key"]
    body = {"alerts": [{"status": "firing", "labels": {"alertname": "x"}, "fingerprint": "abcd"}]}
    assert genie.web.post(f"/in/alertmanager/{key}", body).status == 202
    assert genie.get("") == []
    assert genie.get("/count") == {"count": 0}
    status = genie.status(genie.do("POST", f"/{only().pk}/close?identifierType=tiny"))
    assert status["status"] == "Alert does not exist"
    assert only().state == "triggered"
    assert Genie(genie.web, key).refused("GET", "")[0] == 401
    assert Genie(genie.web, key).refused("POST", "", {"message": "x"})[0] == 401


QUERIES = [
    ("", "43210"),
    ("status%3A+open", "4321"),
    ("status%3A%20closed", "0"),
    ("status=open+AND+acknowledged=true", "1"),
    ("status:open+acknowledged:false", "432"),
    ("NOT+status:open", "0"),
    ("alias:+k2+OR+alias:+k3", "32"),
    ("alias:+(k2+OR+k3)", "32"),
    ("status:open+AND+(tag:t1+OR+tags:t4)", "41"),
    ("priority:+P2", "1"),
    ("priority+!=+P2", "4320"),
    ("message:+%22disk+3%22", "3"),
    ("message:+Disk*", "43210"),
    ("disk", "43210"),
    ("t2", "2"),
    ("createdAt+%3E+1470394841148", "43210"),
    ("createdAt+%3C+30-12-2019", ""),
    ("createdAt+%3E%3D+2020-01-01T00:00:00Z", "43210"),
    ("count+%3E+1", ""),
    ("count+%3E=+1", "43210"),
    ("snoozed:+true", ""),
    ("teams:+payments", "43210"),
    ("integration.name:scripts", "43210"),
    ("owner:+ana", ""),
    ("details.key:+none", ""),
    ("tinyId:+none", ""),
]

WRONG = [
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=x", "limit"),
    ("offset=-1", "offset"),
    ("sort=colour", "sort"),
    ("order=sideways", "order"),
    ("query=colour:red", "query"),
    ("query=(status:open", "query"),
    ("query=status:", "query"),
    ("query=createdAt:yesterday", "query"),
    ("query=" + "(" * 50 + "a", "query"),
    ("query=" + "a" * 2000, "query"),
    ("query=a)", "query"),
    ("query=OR", "query"),
    ("searchIdentifier=mine", "searchIdentifier"),
]


class TestLists:
    @pytest.fixture
    def full(self, genie: Genie) -> Genie:
        for number in range(5):
            genie.create(f"Disk {number}", alias=f"k{number}", tags=[f"t{number}"], priority=f"P{number + 1}")
        genie.do("POST", "/k0/close" + BY_ALIAS)
        genie.do("POST", "/k1/acknowledge" + BY_ALIAS)
        return genie

    def test_a_query_finds(self, full: Genie) -> None:
        for query, found in QUERIES:
            query = query.replace("2020-01-01T00:00:00Z", "%222020-01-01T00:00:00Z%22")
            listed = full.get(f"?query={query}")
            assert "".join(alert["alias"][1:] for alert in listed) == found, query
            assert full.get(f"/count?query={query}") == {"count": len(found)}
            assert not any("description" in alert for alert in listed)

    def test_lists_are_turned_page_by_page(self, full: Genie) -> None:
        answer = full.ask("GET", "?limit=2&sort=createdAt&order=asc&query=status%3Aopen")
        seen = [alert["alias"] for alert in answer.json["data"]]
        assert set(answer.json["paging"]) == {"first", "next"}
        assert answer.json["paging"]["next"].startswith("http://muster.test/v2/alerts?")
        following = answer.json["paging"]["next"].partition("/v2/alerts")[2]
        answer = full.ask("GET", following)
        seen += [alert["alias"] for alert in answer.json["data"]]
        assert seen == ["k1", "k2", "k3", "k4"]
        assert set(answer.json["paging"]) == {"first", "prev"}

    def test_what_cannot_be_asked_is_a_422_with_its_name(self, genie: Genie) -> None:
        for query, field in WRONG:
            status, errors = genie.refused("GET", f"?{query}")
            assert (status, list(errors)) == (422, [field]), query


class TestStrangers:
    def test_without_a_key_nothing_is_done(self, genie: Genie) -> None:
        for header in ("", "GenieKey", "GenieKey " + "z" * 32, "Bearer " + "z" * 32, "ä"):
            for method, path in (("POST", ""), ("GET", ""), ("POST", "/k/close" + BY_ALIAS)):
                body = {"message": "x"} if method == "POST" else None
                assert genie.refused(method, path, body, authorization=header)[0] == 401
        assert Alert.objects.count() == 0

    def test_a_key_may_be_written_as_a_uuid(self, genie: Genie) -> None:
        key = genie.key
        dashed = "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))
        Genie(genie.web, dashed).create(alias="k")
        assert Genie(genie.web, dashed).get("/k" + BY_ALIAS)["count"] == 1
        genie.ask("GET", "", authorization=f"geniekey  {key}")

    def test_a_key_revoked_a_moment_ago_opens_nothing(self, genie: Genie, call: Call) -> None:
        genie.create(alias="k")
        assert call("POST", "/integrations/scripts/retire").status_code == 204
        assert genie.refused("POST", "", {"message": "x"})[0] == 401
        assert genie.refused("GET", "")[0] == 401


ELSEWHERE = [
    ("PUT", "", 405),
    ("DELETE", "", 405),
    ("POST", "/count", 405),
    ("PATCH", "/k", 405),
    ("GET", "/k/close?identifierType=alias", 405),
    ("POST", "/k/message?identifierType=alias", 405),
    ("OPTIONS", "/k", 405),
    ("GET", "/k/nothing", 404),
    ("POST", "/k/actions/Restart", 404),
    ("GET", "/saved-searches/a/b", 404),
]


class TestBadInput:
    def test_what_is_not_json_is_a_400_and_what_is_no_object_a_422(self, genie: Genie) -> None:
        genie.create(alias="k")
        ways = (("POST", ""), ("POST", "/k/close" + BY_ALIAS), ("PUT", "/k/message" + BY_ALIAS))
        for body in (b"{", b"\xff", b"nul", b"[" * 5_000, b"{} {}"):
            assert [genie.refused(method, path, body)[0] for method, path in ways] == [400] * 3, body
        for body in (b"null", b"[]", b"5", b'"text"', b"true"):
            assert [genie.refused(method, path, body)[0] for method, path in ways] == [422] * 3, body

    def test_other_addresses_and_methods_are_told_apart(self, genie: Genie) -> None:
        for method, path, status in ELSEWHERE:
            answer = genie.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
            assert answer.status == status, (method, path)
            assert ("allow" in answer.headers) is (status == 405)

    def test_what_old_and_odd_clients_send_is_read(self, genie: Genie) -> None:
        """Trailing slashes, form types, no body at all, unknown members, null (wire rules 2 to 5)."""
        form = "application/x-www-form-urlencoded"
        answer = genie.ask("POST", "/", {"message": "x", "alias": "k", "new": {}}, **{"content-type": form})
        assert answer.status == 202
        assert genie.ask("GET", "/k/?identifierType=alias", **{"content-type": form}).status == 200
        nulls = {"user": None, "note": None, "source": None}
        assert genie.ask("POST", "/k/acknowledge/?identifierType=alias", nulls).status == 202
        assert genie.ask("POST", "/k/close//?identifierType=alias").status == 202
        assert only().state == "resolved"
        assert genie.ask("HEAD", "").status == 200

    def test_a_large_body_is_a_413(self, genie: Genie) -> None:
        genie.create(alias="k")
        large = b'{"message": "' + b"x" * 3_000_000 + b'"}'
        for method, path in (("POST", ""), ("PUT", "/k/message" + BY_ALIAS)):
            assert genie.refused(method, path, large)[0] == 413

    def test_odd_text_is_kept(self, genie: Genie) -> None:
        genie.do("POST", "", b'{"message": "a\\u0000b\\ud800", "alias": "\\u0000", "tags": ["\\udfff"]}')
        genie.do("POST", f"/{only().pk}/notes?identifierType=tiny", b'{"note": "\\u0000\\ud800"}')
        assert genie.get("")[0]["message"] == "a�b�"
