"""`/integrations/HANDLE/health`, test signals, versions of a mapping, and the last payloads replayed dry."""

from typing import Any

import pytest

from calling import Call, answer, problem
from database import Database
from muster.core.intake import IntakeReason
from muster.core.signals import Action, make_signal
from muster.core.unreadable import unreadable
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access import queries

CAMERAS = {"handle": "cameras", "service": "checkout", "kind": "generic"}
MAPPING = {"summary": "what", "key": "camera", "status": "phase", "resolve_when": "over"}


@pytest.fixture
def key(call: Call) -> str:
    """Service checkout of team payments, which cleo manages, with a sender of generic JSON; its key."""
    answer(call("POST", "/teams", {"handle": "payments", "name": "Payments", "manager": "cleo"}), 201)
    service = {"handle": "checkout", "name": "Checkout", "team": "payments"}
    answer(call("POST", "/services", service), 201)
    return str(answer(call("POST", "/integrations", CAMERAS, who="cleo"), 201)["key"])


def send(key: str, *bodies: dict[str, Any]) -> None:
    """What the door would have stored of these bodies without a mapping."""
    for n, raw in enumerate(bodies):
        signal = make_signal(Action.TRIGGER, f"k{n}", summary="x", raw=raw)
        receive_signals([Received(key_hash(key), "generic", (signal,))])


def everything(database: Database) -> dict[str, Any]:
    """Each table's rows and each sequence, as they are; but when a token was last used."""
    tables = database.as_owner(
        """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
           AND relnamespace = 'public'::regnamespace AND relname <> 'access_apitoken'"""
    )
    assert len(tables) > 60
    rows = 'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "%s" t'
    found: dict[str, Any] = {table: database.as_owner(rows % table) for (table,) in tables}
    sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    return found | {"sequences": database.as_owner(sequences)}


def test_health_says_never_until_something_came(call: Call, key: str) -> None:
    shown = answer(call("GET", "/integrations/cameras/health", who="sam"))
    assert (shown["state"], shown["sentence"], shown["last_day"]) == ("never", "never heard from", 0)
    assert (shown["refused"], shown["mistakes"], shown["old_key_until"]) == ([], [], None)
    send(key, {"what": "door open"})
    shown = answer(call("GET", "/integrations/cameras/health"))
    assert (shown["state"], shown["last_hour"], shown["last_day"]) == ("sending", 1, 1)
    assert len(shown["by_hour"]) == 24
    assert shown["by_hour"][-1] == 1
    rest = unreadable(IntakeReason.NOT_JSON, b"{", errors=["The body is not JSON"])
    receive_signals([Received(key_hash(key), "generic", (), rest)])
    shown = answer(call("GET", "/integrations/cameras/health"))
    assert shown["state"] == "wrong"
    [refused] = shown["refused"]
    assert (refused["disposition"], refused["reason"], refused["signals"]) == ("unreadable", "not_json", 1)
    assert refused["sentence"] == "could not be read: it is not JSON"
    assert shown["mistakes"][0]["errors"] == ["The body is not JSON"]
    assert shown["mistakes"][0]["alert"].startswith("ALR-")
    problem(call("GET", "/integrations/none/health"), 404, "integration_not_found")


def test_the_list_leaves_out_what_is_disconnected(call: Call, key: str) -> None:
    [listed] = answer(call("GET", "/integration-health", who="ada"))["items"]
    assert (listed["handle"], listed["state"]) == ("cameras", "never")
    answer(call("POST", "/integrations/cameras/rotate"))
    until = answer(call("GET", "/integrations/cameras/health"))["old_key_until"]
    assert until is not None
    assert call("POST", "/integrations/cameras/retire").status_code == 204
    assert answer(call("GET", "/integration-health"))["items"] == []
    assert answer(call("GET", "/integrations/cameras/health"))["state"] == "off"


def test_a_test_signal_by_api(call: Call, key: str) -> None:
    where = "/integrations/cameras/test"
    sent = answer(call("POST", where, who="cleo"), 201)
    assert answer(call("GET", f"/alerts/{sent['alert']}"))["severity"] == "info"
    assert answer(call("POST", f"{where}/end", who="cleo")) == sent
    assert answer(call("POST", f"{where}/end", who="cleo")) == {"alert": None}
    problem(call("POST", where, who="ana"), 403, "not_your_team")
    call("POST", "/integrations/cameras/retire")
    problem(call("POST", where), 409, "integration_retired")


def test_each_mapping_that_was_saved_is_a_version(call: Call, key: str) -> None:
    where = "/integrations/cameras"
    assert [one["version"] for one in answer(call("GET", f"{where}/versions"))["items"]] == [1]
    answer(call("PATCH", where, {"mapping": MAPPING, "version": 1}, who="cleo"))
    stale = call("PATCH", where, {"mapping": {"summary": "other"}, "version": 1}, who="cleo")
    assert "version 2" in problem(stale, 409, "integration_mapping_changed")
    answer(call("PATCH", where, {"mapping": {"summary": "other"}, "version": 2}))
    shown = answer(call("GET", f"{where}/versions", who="sam"))["items"]
    assert [(one["version"], one["mapping"]) for one in shown] == [
        (3, {"summary": "other"}),
        (2, MAPPING),
        (1, {}),
    ]
    assert shown[1]["by"] == f"person:{queries.person_by_handle('cleo').pk}"
    answer(call("PATCH", where, {"mapping": {"summary": "other"}, "version": 3}))
    assert len(answer(call("GET", f"{where}/versions"))["items"]) == 3


def test_the_last_payloads_are_replayed_dry_through_the_door(
    call: Call, key: str, database: Database
) -> None:
    """What would happen with a mapping that is not saved; nothing is changed by it."""
    send(key, {"what": "door open", "camera": "c-1"}, {"camera": "c-2"})
    answer(call("GET", "/integrations/cameras"))
    before = everything(database)
    done = answer(call("POST", "/integrations/cameras/replay", {"mapping": MAPPING}, who="admin"))["items"]
    assert everything(database) == before
    refused, taken = done
    assert refused["payload"] == {"camera": "c-2"}
    assert (refused["answer"]["status"], refused["signals"]) == (400, [])
    assert "no summary" in refused["unreadable"]["errors"][0]
    assert taken["answer"]["status"] == 202
    [signal] = taken["signals"]
    assert (signal["dedup_key"], signal["summary"], signal["disposition"]) == ("c-1", "door open", "opened")
    assert signal["decision"]["summary"]
    [newest] = answer(call("POST", "/integrations/cameras/replay", {"last": 1}))["items"]
    assert newest["payload"] == {"camera": "c-2"}


def test_a_replay_is_for_who_may_change_the_mapping(call: Call, key: str) -> None:
    for who in ("ana", "sam", "ada"):
        problem(call("POST", "/integrations/cameras/replay", {}, who=who), 403, "not_your_team")
    wrong = call("POST", "/integrations/cameras/replay", {"mapping": {"summary": "]["}})
    problem(wrong, 422, "integration_mapping_invalid")
    assert call("POST", "/integrations/cameras/replay", {"last": 21}).status_code == 422
