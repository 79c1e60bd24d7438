"""The API root: who comes, what errors look like, pages, idempotency (design 13)."""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from muster.core.permissions import system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import ApiToken, IdempotencyKey, Person
from muster.foundation.catalog import commands as catalog
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.sealer import seal_all
from people import Cast

PROBLEM = "application/problem+json"
TESTS = system("tests")


@pytest.fixture
def api(cast: Cast) -> Callable[..., Any]:
    """Call the API as somebody, by default the first admin."""
    tokens: dict[str, str] = {"admin": cast.token}

    def call(method: str, path: str, body: Any = None, *, who: str = "admin", **headers: str) -> Any:
        if who not in tokens:
            tokens[who] = commands.create_token(cast.id(who), actor=TESTS, at=queries.now(), name="t")
        given = {"Authorization": f"Bearer {tokens[who]}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given.setdefault("Content-Type", "application/json")
        content_type = given.pop("Content-Type")
        return Client().generic(method, f"/api/v1{path}", content, content_type, headers=given)

    return call


def _problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body


def test_a_token_says_who_you_are(api: Any) -> None:
    """And when it was last used."""
    response = api("GET", "/me", who="ana")
    assert response.status_code == 200
    assert response.json()["handle"] == "ana"
    assert ApiToken.objects.get(person__handle="ana").last_used_at is not None
    assert response.headers["Cache-Control"] == "no-store"


def test_without_a_good_token_nobody_comes_in(cast: Cast) -> None:
    """401 with the way in."""
    for header in ("", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \x00"):
        response = Client().get("/api/v1/me", headers={"Authorization": header} if header else {})
        _problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_is_refused_at_once(api: Any, cast: Cast) -> None:
    """Also an expired one, and one whose person has gone."""
    assert api("GET", "/me", who="ana").status_code == 200
    commands.end_access(cast.id("ana"), actor=TESTS, at=queries.now())
    assert _problem(api("GET", "/me", who="ana"), 401)["reason"] == "token_unknown"


def test_what_is_not_there_is_a_problem_document(api: Any) -> None:
    """RFC 9457."""
    for path in ("/nothing", "/", "/people/nobody", "/services/none", "/teams/%2e%2e"):
        _problem(api("GET", path), 404)


def test_a_wrong_method_is_a_problem_document(api: Any) -> None:
    """With the methods that there are."""
    response = api("DELETE", "/people")
    _problem(response, 405)
    assert set(response.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_a_slash_at_the_end_is_accepted_and_nothing_redirects(api: Any) -> None:
    """Design 13."""
    for path in ("/people", "/people/", "/people/ana/"):
        assert api("GET", path).status_code == 200


def test_unknown_keys_are_refused_by_name(api: Any) -> None:
    """Never ignored."""
    body = {"handle": "zoe", "name": "Zoe", "nmae": "x"}
    found = _problem(api("POST", "/people", body), 422)
    assert found["errors"] == [{"field": "nmae", "reason": "is no key that we know"}]
    assert not Person.objects.filter(handle="zoe").exists()


BAD_BODIES = (
    (b"{", "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b'{"handle": NaN}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b"[]", "application/json", 422),
    (b"", "application/json", 422),
    (b"{}", "text/html", 415),
    (b"handle=zoe", "application/x-www-form-urlencoded", 415),
    (b'{"handle": 5, "name": "Zoe"}', "application/json", 422),
    (b'{"handle": "ZOE", "name": "Zoe"}', "application/json", 422),
    (b'{"handle": "ana", "name": "Zoe"}', "application/json", 409),
    (b'{"handle": "zoe", "name": "Zoe", "timezone": "Mars/Base"}', "application/json", 422),
)


def test_a_bad_body_is_a_sentence_and_never_a_fault(api: Any, subtests: pytest.Subtests) -> None:
    """Never 5xx, never a partial write."""
    for body, content_type, status in BAD_BODIES:
        with subtests.test(body=body[:40], content_type=content_type):
            _problem(api("POST", "/people", body, Content_Type=content_type), status)
    assert not Person.objects.filter(handle="zoe").exists()


def test_nul_in_text_is_made_harmless_and_in_a_query_refused(api: Any) -> None:
    """PostgreSQL keeps no NUL."""
    response = api("POST", "/people", b'{"handle": "zoe", "name": "Zo\\u0000e"}')
    assert response.status_code == 201
    _problem(api("GET", "/timeline?kind=%00"), 400)


def test_a_role_that_may_not_gets_403_with_a_reason(api: Any) -> None:
    """The command says no, whatever the door."""
    found = _problem(api("POST", "/people", {"handle": "zoe", "name": "Z"}, who="ana"), 403)
    assert found["reason"] == "role"


def test_pages_follow_each_other_without_gap_or_repeat(api: Any) -> None:
    """Newest first; rows that come in between do not shift the next page."""
    first = api("GET", "/people?limit=3").json()
    commands.add_person(actor=TESTS, at=queries.now(), handle="zoe", name="Zoe", role="responder")
    seen = [item["handle"] for item in first["items"]]
    cursor = first["next"]
    while cursor:
        page = api("GET", f"/people?limit=3&cursor={cursor}").json()
        seen += [item["handle"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ["pia", "ada", "sam", "ben", "ana", "cleo", "admin"]


def test_a_wrong_page_is_refused(api: Any) -> None:
    """With a sentence."""
    for query in ("cursor=x", "cursor=djE6LTE", "cursor=" + "A" * 201, "limit=0", "limit=201"):
        assert api("GET", f"/people?{query}").status_code in (400, 422)


def test_a_mistyped_query_is_refused_by_name(api: Any) -> None:
    """It would have shown everything."""
    found = _problem(api("GET", "/services?activ=true"), 422)
    assert found["errors"] == [{"field": "activ", "reason": "is no key that we know"}]
    assert "active, cursor, limit" in found["detail"]
    _problem(api("POST", "/configuration/apply?dryrun=true", b"version: 1"), 422)
    _problem(api("POST", "/services/muster/retire?now=1"), 422)


def test_the_same_key_carries_a_request_out_once(api: Any, cast: Cast) -> None:
    """The second answer is the first one again, the token in it included; the secret is kept sealed."""
    one, two = (api("POST", "/tokens", {"name": "ci"}, Idempotency_Key="k1") for _ in range(2))
    assert one.status_code == two.status_code == 201
    assert one.json() == two.json()
    assert two.headers["Idempotency-Replayed"] == "true"
    assert ApiToken.objects.filter(name="ci").count() == 1
    assert one.json()["token"].encode() not in bytes(IdempotencyKey.objects.get().body or b"")


def test_a_key_is_not_used_for_another_request(api: Any) -> None:
    """Nor shared between people."""
    api("POST", "/tokens", {"name": "ci"}, Idempotency_Key="k1")
    found = _problem(api("POST", "/tokens", {"name": "other"}, Idempotency_Key="k1"), 422)
    assert found["reason"] == "idempotency_key_reused"
    assert api("POST", "/tokens", {"name": "other"}, who="ana", Idempotency_Key="k1").status_code == 201


def test_a_request_that_was_refused_may_be_mended_under_the_same_key(api: Any) -> None:
    """An error changed nothing, so nothing is kept."""
    _problem(api("POST", "/people", {"handle": "Z!", "name": "Z"}, Idempotency_Key="k1"), 422)
    assert api("POST", "/people", {"handle": "zoe", "name": "Z"}, Idempotency_Key="k1").status_code == 201


def test_the_same_key_twice_at_once_is_carried_out_once(api: Any) -> None:
    """The second waits for the first."""
    answers: list[Any] = []
    together = threading.Barrier(4)

    def send() -> None:
        together.wait()
        answers.append(api("POST", "/tokens", {"name": "ci"}, Idempotency_Key="k1").json())
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["token"] for answer in answers}) == 1
    assert ApiToken.objects.filter(name="ci").count() == 1


@pytest.fixture
def signed_in(cast: Cast) -> Client:
    """Ana with a session, in a client that checks CSRF as in production."""
    commands.set_password(cast.id("ana"), "a long enough password", actor=TESTS, at=queries.now())
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(handle="ana").account)
    return client


def test_a_session_reads_and_writes_only_with_the_csrf_token(signed_in: Client) -> None:
    """A page elsewhere cannot act for somebody."""
    assert signed_in.get("/api/v1/me").json()["handle"] == "ana"
    refused = signed_in.post("/api/v1/tokens", {"name": "x"}, content_type="application/json")
    _problem(refused, 403)
    assert not ApiToken.objects.filter(name="x").exists()


def test_the_openapi_document_is_3_1_and_names_both_ways_in(cast: Cast) -> None:
    """At `/api/v1/openapi.json`, without signing in."""
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/services/{handle}" in document["paths"]
    schemes = document["components"]["securitySchemes"].values()
    assert {scheme["type"] for scheme in schemes} == {"http", "apiKey"}
    operations = [found["operationId"] for path in document["paths"].values() for found in path.values()]
    assert len(operations) == len(set(operations))


def test_addresses_are_for_those_who_need_them(api: Any) -> None:
    """Contacts and rules for oneself and admins, mail addresses not for stakeholders."""
    assert api("GET", "/people/ben", who="ana").json()["contacts"] is None
    assert api("GET", "/people/ben", who="ben").json()["contacts"] == []
    assert api("GET", "/people/ben", who="sam").json()["email"] is None


def test_services_are_added_changed_retired_and_brought_back(api: Any) -> None:
    """The catalog through the API."""
    api("POST", "/teams", {"handle": "payments", "name": "Payments", "members": ["ana"], "manager": "cleo"})
    api("POST", "/services", {"handle": "db", "name": "Orders"})
    made = api(
        "POST", "/services", {"handle": "shop", "name": "Shop", "team": "payments", "depends_on": ["db"]}
    )
    assert made.status_code == 201
    assert made.json()["depends_on"] == ["db"]
    assert api("PATCH", "/services/shop", {"urgency": "low"}, who="cleo").json()["urgency"] == "low"
    assert _problem(api("POST", "/services/db/retire"), 409)["reason"] == "still_pointed_at"
    assert api("POST", "/services/shop/retire").status_code == 204
    assert [s["handle"] for s in api("GET", "/services?active=true").json()["items"]] == ["db", "muster"]
    assert api("POST", "/services/shop/restore").status_code == 204


def test_the_timeline_has_the_shape_of_the_design(api: Any) -> None:
    """`seq`, `at`, `kind`, `actor`, `subject`, `payload`, `hash`; newest first; null while unsealed."""
    seal_all()
    catalog.add_service(actor=TESTS, at=queries.now(), handle="shop", name="Shop")
    newest, *older = api("GET", "/timeline").json()["items"]
    assert set(newest) == {"seq", "at", "kind", "actor", "subject", "payload", "hash"}
    assert (newest["kind"], newest["seq"], newest["hash"]) == ("service.added", None, None)
    sealed = [event for event in older if event["seq"]]
    assert sealed
    assert all(len(event["hash"]) == 64 and event["at"].endswith("Z") for event in sealed)
    stored = Event.objects.order_by("-id")[0].at
    assert datetime.fromisoformat(newest["at"]) == stored


def test_the_timeline_is_filtered(api: Any) -> None:
    """By incident, kind and subject."""
    assert api("GET", "/timeline?incident=INC-999").json()["items"] == []
    _problem(api("GET", "/timeline?incident=ALR-1"), 404)
    kinds = {event["kind"] for event in api("GET", "/timeline?kind=person.added").json()["items"]}
    assert kinds == {"person.added"}


def test_events_for_members_are_not_shown_to_stakeholders(api: Any, cast: Cast) -> None:
    """Who has which token or contact is nobody's business."""
    assert any(
        event["kind"] == "token.created" for event in api("GET", "/timeline", who="ada").json()["items"]
    )
    assert all(
        event["kind"] != "token.created" for event in api("GET", "/timeline", who="sam").json()["items"]
    )


def test_the_chain_is_verified_for_auditors_only(api: Any) -> None:
    """R50."""
    seal_all()
    found = api("GET", "/verify", who="ada").json()
    assert found["ok"], found
    assert found["events"] > 0
    _problem(api("GET", "/verify", who="ana"), 403)
