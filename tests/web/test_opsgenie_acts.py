"""What Opsgenie's Alert API does to one alert: each act, refused, twice, and on one that is not there."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from database import Clock
from engine import settle
from genie import Genie, only
from muster.detect.models import Alert
from muster.evaluate.due import wake_due_groups
from muster.evaluate.models import AlertGroup, Decision
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.verify import verify
from muster.mobilize.paging.models import Page

BY_ALIAS = "?identifierType=alias"

ACTS: list[tuple[str, str, Any]] = [
    ("POST", "/close", {}),
    ("POST", "/acknowledge", {}),
    ("POST", "/unacknowledge", {}),
    ("POST", "/snooze", {"endTime": "2199-01-01T00:00:00Z"}),
    ("POST", "/notes", {"note": "n"}),
    ("POST", "/tags", {"tags": ["t"]}),
    ("DELETE", "/tags?tags=t", None),
    ("POST", "/details", {"details": {"a": "b"}}),
    ("DELETE", "/details?keys=a", None),
    ("PUT", "/message", {"message": "m"}),
    ("PUT", "/description", {"description": "d"}),
    ("PUT", "/priority", {"priority": "P1"}),
    ("POST", "/assign", {"owner": {"username": "ana@example.com"}}),
    ("POST", "/escalate", {"escalation": {"name": "Payments"}}),
    ("POST", "/responders", {"responder": {"type": "team", "name": "Payments"}}),
    ("POST", "/teams", {"team": {"name": "Payments"}}),
    ("DELETE", "", None),
]


def named(path: str, identifier: str, kind: str) -> str:
    verb, mark, query = path.partition("?")
    return f"/{identifier}{verb}?identifierType={kind}" + (f"&{query}" if mark else "")


def test_every_act_on_an_alert_that_is_not_there_is_taken_and_fails(genie: Genie) -> None:  # wire rule 13
    for method, path, body in ACTS:
        status = genie.status(genie.do(method, named(path, "none", "alias"), body))
        assert (status["isSuccess"], status["status"]) == (False, "Alert does not exist"), path


@pytest.mark.parametrize("kind", ["id", "tiny", "alias"])
def test_every_act_takes_every_identifier(genie: Genie, kind: str) -> None:
    """One alert each; all that it does is one command with the integration as its actor."""
    for number, (method, path, body) in enumerate(ACTS):
        if path == "/unacknowledge":
            continue
        request = genie.create(alias=f"k{number}", tags=["t"], details={"a": "x"})
        tiny = genie.get(f"/{request}")["tinyId"]
        identifier = {"id": request, "tiny": tiny, "alias": f"k{number}"}[kind]
        status = genie.status(genie.do(method, named(path, identifier, kind), body))
        assert status["isSuccess"] is True, (path, status)
        assert status["alias"] == ("" if path == "" else f"k{number}")
    settle()
    integration = only_integration()
    acted = Event.objects.filter(kind__startswith="alert.").exclude(actor__startswith="system:")
    assert set(acted.values_list("actor", flat=True)) == {integration}
    assert list(verify().findings) == []


def only_integration() -> str:
    [number] = set(Alert.objects.values_list("integration_id", flat=True))
    return f"integration:{number}"


def test_a_message_a_description_and_a_priority_are_changed(genie: Genie) -> None:
    """As Alertmanager does it with `update_alerts`, over and over; the same again changes nothing."""
    genie.create("[FIRING:1] Disk", alias="k", priority="P4")
    for path, body in (
        ("/k/message", {"message": "[FIRING:2] Disk"}),
        ("/k/description", {"description": "two\nlines"}),
        ("/k/priority", {"priority": "p1"}),
    ):
        first, again = (genie.status(genie.do("PUT", path + BY_ALIAS, body)) for _ in range(2))
        assert (first["isSuccess"], again["status"]) == (True, "Nothing had to be changed")
    shown = genie.get("/k" + BY_ALIAS)
    assert (shown["message"], shown["description"], shown["priority"]) == (
        "[FIRING:2] Disk",
        "two\nlines",
        "P1",
    )
    assert only().severity == "critical"
    kinds = list(Event.objects.filter(subject=only().subject).order_by("id").values_list("kind", flat=True))
    assert kinds == ["alert.opened", "alert.changed", "alert.changed", "alert.worsened"]


def test_a_priority_that_is_worse_pages_and_one_that_is_better_does_not(genie: Genie) -> None:
    genie.create(alias="k", priority="P3")
    settle()
    assert AlertGroup.objects.get().urgency == "low"
    genie.do("PUT", "/k/priority" + BY_ALIAS, {"priority": "P1"})
    settle()
    assert AlertGroup.objects.get().urgency == "high"
    pages = Page.objects.count()
    genie.do("PUT", "/k/priority" + BY_ALIAS, {"priority": "P5"})
    settle()
    assert Page.objects.count() == pages
    assert genie.get("/k" + BY_ALIAS)["priority"] == "P5"


def test_tags_and_details_come_and_go(genie: Genie) -> None:
    genie.create(alias="k", tags=["a"], details={"x": "1"})
    genie.do("POST", "/k/tags" + BY_ALIAS, {"tags": ["b", "a", "c"]})
    genie.do("DELETE", "/k/tags" + BY_ALIAS + "&tags=a,c&note=tidied")
    genie.do("POST", "/k/details" + BY_ALIAS, {"details": {"y": {"z": 2}, "x": "3"}})
    genie.do("DELETE", "/k/details" + BY_ALIAS + "&keys=x")
    shown = genie.get("/k" + BY_ALIAS)
    assert (shown["tags"], shown["details"]) == (["b"], {"y": '{"z": 2}'})
    assert [note["note"] for note in genie.get("/k/notes" + BY_ALIAS)] == ["tidied"]


def test_notes_are_those_of_signals_too_newest_first(genie: Genie) -> None:
    request = genie.create(alias="k", note="created", user="Wire")
    genie.do("POST", "/k/notes" + BY_ALIAS, {"user": "Ana", "note": "looking\nat it"})
    genie.do("POST", "/k/acknowledge" + BY_ALIAS, {"note": "mine"})
    genie.do("POST", f"/{request}/close", {"note": "fixed"})
    found = genie.get(f"/{request}/notes")
    assert [note["note"] for note in found] == ["fixed", "mine", "looking\nat it", "created"]
    assert [note["owner"] for note in found][2:] == ["Ana", "Wire"]
    oldest = genie.ask("GET", f"/{request}/notes?order=asc&limit=3")
    assert [note["note"] for note in oldest.json["data"]] == ["created", "looking\nat it", "mine"]
    following = oldest.json["paging"]["next"].partition("/v2/alerts")[2]
    assert [note["note"] for note in genie.get(following)] == ["fixed"]
    assert genie.refused("GET", "/none/notes" + BY_ALIAS)[0] == 404


def test_a_snooze_right_after_the_create_ends_and_pages(genie: Genie, clock: Clock) -> None:
    """The worker had not even looked at the alert: nothing is forgotten for it."""
    genie.create(alias="k", priority="P1")
    assert not Decision.objects.exists()
    until = clock.now().astimezone(UTC) + timedelta(hours=1)
    genie.do("POST", "/k/snooze" + BY_ALIAS, {"endTime": until.isoformat()})
    settle()
    assert Page.objects.count() == 0
    shown = genie.get("/k" + BY_ALIAS)
    assert (shown["snoozed"], shown["acknowledged"], shown["owner"]) == (True, True, "")
    assert shown["snoozedUntil"].startswith(until.isoformat()[:19])
    clock.advance(timedelta(minutes=61))
    assert wake_due_groups() == 1
    settle()
    assert Page.objects.count() == 1
    assert genie.get("/k" + BY_ALIAS)["snoozed"] is False


def test_what_is_over_is_not_acknowledged_snoozed_or_handed_on(genie: Genie) -> None:
    request = genie.create(alias="k")
    genie.do("POST", f"/{request}/close")
    for verb, body in (
        ("acknowledge", {"note": "too late"}),
        ("unacknowledge", {}),
        ("snooze", {"endTime": "2199-01-01T00:00:00Z"}),
        ("assign", {"owner": {"username": "ana"}}),
    ):
        status = genie.status(genie.do("POST", f"/{request}/{verb}", body))
        assert (status["isSuccess"], status["status"]) == (False, "This cannot be done to the alert"), verb
    assert genie.get(f"/{request}/notes") == []
    assert genie.status(genie.do("POST", f"/{request}/close", {"note": "twice"}))["isSuccess"] is True
    assert [note["note"] for note in genie.get(f"/{request}/notes")] == ["twice"]


def test_whoever_is_named_is_asked(genie: Genie) -> None:
    """By name, handle or e-mail address; in the place of the ladder that runs."""
    genie.create(alias="k", priority="P1")
    settle()
    asked = [
        ("assign", {"owner": {"username": "BEN@example.com"}}, "ben"),
        ("assign", {"owner": {"id": "ana"}}, "ana"),
        ("responders", {"responder": {"type": "user", "username": "cleo"}}, "cleo"),
        ("escalate", {"escalation": {"name": "payments"}}, None),
        ("responders", {"responder": {"type": "schedule", "name": "payments-primary"}}, None),
        ("teams", {"team": {"name": "payments"}}, None),
    ]
    for verb, body, handle in asked:
        before = Page.objects.count()
        assert genie.status(genie.do("POST", f"/k/{verb}{BY_ALIAS}", body))["isSuccess"] is True
        settle()
        assert Page.objects.count() > before, verb
        if handle is not None:
            assert Page.objects.latest("id").person.handle == handle


def test_whoever_is_not_known_is_told_in_the_status(genie: Genie) -> None:
    genie.create(alias="k")
    for verb, body in (
        ("assign", {"owner": {"username": "nobody@example.com"}}),
        ("escalate", {"escalation": {"id": "9f3c"}}),
        ("teams", {"team": {"name": "None"}}),
    ):
        status = genie.status(genie.do("POST", f"/k/{verb}{BY_ALIAS}", body))
        assert (status["isSuccess"], status["status"]) == (False, "This cannot be done to the alert"), verb


def test_a_deleted_alert_is_over_and_gone_from_here_and_kept_by_muster(genie: Genie) -> None:
    request = genie.create(alias="k")
    settle()
    deleted = genie.do("DELETE", f"/{request}?source=x&user=y")
    settle()
    assert genie.status(deleted)["status"] == "Deleted alert"
    assert genie.refused("GET", f"/{request}")[0] == 404
    assert genie.get("/count") == {"count": 0}
    assert (only().state, AlertGroup.objects.get().state) == ("resolved", "resolved")
    again = genie.status(genie.do("DELETE", f"/{request}"))
    assert again["status"] == "Alert does not exist"
    closed = genie.create(alias="k")
    genie.do("POST", f"/{closed}/close")
    assert genie.status(genie.do("DELETE", f"/{closed}"))["isSuccess"] is True
    assert Event.objects.filter(kind="alert.withdrawn").count() == 1


WRONG: list[tuple[str, str, Any, str]] = [
    ("POST", "/notes", {}, "note"),
    ("POST", "/notes", {"note": ""}, "note"),
    ("POST", "/notes", {"note": []}, "note"),
    ("POST", "/snooze", {}, "endTime"),
    ("POST", "/snooze", {"endTime": "tomorrow"}, "endTime"),
    ("POST", "/snooze", {"endTime": "2001-01-01T00:00:00Z"}, "endTime"),
    ("POST", "/snooze", {"endTime": {}}, "endTime"),
    ("POST", "/tags", {}, "tags"),
    ("POST", "/tags", {"tags": {}}, "tags"),
    ("DELETE", "/tags", None, "tags"),
    ("POST", "/details", {}, "details"),
    ("POST", "/details", {"details": ["a"]}, "details"),
    ("DELETE", "/details", None, "keys"),
    ("PUT", "/message", {"message": " "}, "message"),
    ("PUT", "/message", {"message": {}}, "message"),
    ("PUT", "/description", {}, "description"),
    ("PUT", "/priority", {"priority": "P9"}, "priority"),
    ("PUT", "/priority", {}, "priority"),
    ("POST", "/assign", {}, "owner"),
    ("POST", "/assign", {"owner": {}}, "owner"),
    ("POST", "/escalate", {"escalation": "x"}, "escalation"),
    ("POST", "/responders", {"responder": {"name": "x"}}, "responder.type"),
    ("POST", "/teams", {"team": None}, "team"),
    ("POST", "/unacknowledge", {"user": []}, "user"),
    ("POST", "/snooze?identifierType=name", {"endTime": "2199-01-01T00:00:00Z"}, "identifierType"),
]


def test_a_member_that_is_not_understood_is_a_422_with_its_name(genie: Genie) -> None:
    request = genie.create(alias="k")
    for method, path, body, field in WRONG:
        status, errors = genie.refused(method, f"/{request}{path}", body)
        assert (status, field in errors) == (422, True), (path, body, errors)
