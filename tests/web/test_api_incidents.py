"""Incidents over the API: declared, commanded, worked on, resolved, told to customers."""

from typing import Any

import pytest

from calling import Call, answer, problem
from engine import settle
from muster.foundation.access import queries
from muster.respond.statuspage import commands as pages
from muster.respond.statuspage.commands import Part
from rooms import TESTS
from senders import make_service

KEYS = {
    "id", "title", "severity", "phase", "commander", "roles", "impact_started_at", "detected_at",
    "acknowledged_at", "declared_at", "mitigated_at", "resolved_at", "next_update_due_at", "services",
    "products", "customers", "standard", "alerts",
}  # fmt: skip


@pytest.fixture
def declared(call: Call, standard: None) -> dict[str, Any]:
    """Ana declares SEV2."""
    make_service(actor=TESTS, at=queries.now())
    body = {"title": "Checkout fails", "service": "checkout", "severity": "sev 2"}
    incident = answer(call("POST", "/incidents", body, who="ana"), 201)
    settle()
    return incident


def test_an_incident_reads_as_the_stable_form_says(declared: dict[str, Any], call: Call) -> None:
    incident = answer(call("GET", f"/incidents/{declared['id'].lower()}", who="sam"))
    assert set(incident) >= KEYS
    assert (incident["severity"], incident["phase"], incident["commander"]) == ("SEV2", "triage", "ana")
    assert incident["roles"]["scribe"] == ["ana"]  # R16: the commander holds what was not given away
    assert incident["services"] == ["checkout"]
    assert incident["next_update_due_at"] is not None
    [listed] = answer(call("GET", "/incidents?state=open&service=checkout"))["items"]
    assert listed == incident
    assert answer(call("GET", "/incidents?state=resolved"))["items"] == []
    problem(call("GET", "/incidents/INC-999"), 404, "incident_not_found")


def test_auditors_declare_nothing_and_a_service_must_be_there(call: Call, standard: None) -> None:
    problem(call("POST", "/incidents", {"title": "x"}, who="ada"), 403, "role")
    problem(call("POST", "/incidents", {"title": "x", "service": "nope"}), 404, "service_not_found")
    problem(call("POST", "/incidents", {"title": "x", "severity": "SEV9"}), 422, "severity_unknown")
    assert call("POST", "/incidents", {"title": "x", "why": 1}).status_code == 422


def test_the_room_works_by_api(declared: dict[str, Any], call: Call) -> None:
    at = f"/incidents/{declared['id']}"
    answer(call("POST", f"{at}/roles", {"role": "scribe", "person": "ben"}, who="ana"))
    problem(
        call("POST", f"{at}/roles", {"role": "scribe", "person": "ana"}, who="ben"), 403, "only_the_commander"
    )
    update = answer(
        call("POST", f"{at}/updates", {"text": "We look", "status": "Investigating"}, who="ana"), 201
    )
    assert (update["number"], update["next_update_at"] is not None) == (1, True)
    task = answer(call("POST", f"{at}/tasks", {"title": "List orders", "assignee": "ben"}, who="ana"), 201)
    assert answer(call("POST", f"/tasks/{task['id']}/done", who="ben"))["state"] == "done"
    answer(call("POST", f"{at}/say", {"text": "it is the pool", "kind": "hypothesis"}, who="ben"), 201)
    problem(call("POST", f"{at}/say", {"text": "me too"}, who="sam"), 403, "role")
    first = answer(call("PUT", f"{at}/document", {"text": "Pods wait.", "based_on": 0}, who="ana"))
    assert first["number"] == 1
    problem(
        call("PUT", f"{at}/document", {"text": "No.", "based_on": 0}, who="ben"), 409, "written_meanwhile"
    )
    answer(call("POST", f"{at}/responders", {"state": "ready"}, who="ben"))
    assert {one["what"] for one in answer(call("GET", f"{at}/owed"))} >= {
        "Customer update",
        "Internal update",
    }
    assert (
        answer(call("PATCH", at, {"summary": "62 % fail", "title": "Checkout"}, who="ana"))["title"]
        == "Checkout"
    )


def test_command_is_handed_over(declared: dict[str, Any], call: Call) -> None:
    at = f"/incidents/{declared['id']}"
    problem(call("POST", f"{at}/claim", who="ben"), 409, "command_is_taken")
    answer(call("POST", f"{at}/handover", {"to": "ben", "report": "all said"}, who="ana"))
    problem(call("POST", f"{at}/handover/take", {}, who="ben"), 422, "shadow_too_short")
    taken = answer(call("POST", f"{at}/handover/take", {"why": "Ana must leave"}, who="ben"))
    assert taken["commander"] == "ben"


def test_the_gate_says_what_is_missing_and_opens(declared: dict[str, Any], call: Call) -> None:
    """R7."""
    at = f"/incidents/{declared['id']}"
    page = pages.add_page(actor=TESTS, at=queries.now(), handle="main", name="Acme")
    pages.replace_components(page.pk, [Part("Checkout")], actor=TESTS, at=queries.now())
    post = {
        "text": "We look.", "title": "Checkout fails", "incident": declared["id"],
        "components": {"Checkout": "major_outage"},
    }  # fmt: skip
    told = answer(call("POST", "/status-pages/main/posts", post, who="ana"), 201)
    assert told["live"] is False
    refused = call("POST", f"{at}/resolve", {}, who="ana")
    problem(refused, 409, "gate_closed")
    missing = {one["check"] for one in answer(call("GET", f"{at}/gate")) if not one["met"]}
    assert missing == {
        "system_stable", "impact_ceased", "metrics_confirm", "customers_told", "postmortem_scheduled",
        "timeline_documented",
    }  # fmt: skip
    answer(call("POST", f"{at}/mitigate", {}, who="ana"))
    answer(call("POST", f"{at}/say", {"text": "rolled back"}, who="ana"), 201)
    answer(call("POST", f"{at}/gate/system_stable", {}, who="ana"))
    problem(call("POST", f"{at}/gate/nonsense", {}, who="ana"), 422, "gate_check_unknown")
    said = {"confirm": ["metrics_confirm", "postmortem_scheduled"], "public_words": "It works again."}
    resolved = answer(call("POST", f"{at}/resolve", said, who="ana"))
    assert resolved["phase"] == "resolved"
    shown = answer(call("GET", "/status-pages/main"))
    assert (shown["components"][0]["state"], shown["waiting"]) == ("operational", True)
    clocks = {one["name"]: one["seconds"] for one in answer(call("GET", f"{at}/clocks"))}
    assert clocks["MTTR"] is not None
    problem(call("POST", f"{at}/reopen", {}, who="ben"), 422, "reason_needed")
    assert answer(call("POST", f"{at}/reopen", {"why": "again"}, who="ben"))["phase"] == "investigating"


def test_a_duplicate_is_merged_and_a_false_alarm_dismissed(declared: dict[str, Any], call: Call) -> None:
    other = answer(call("POST", "/incidents", {"title": "Same", "severity": "SEV2"}, who="ana"), 201)
    merged = answer(
        call(
            "POST", f"/incidents/{other['id']}/merge", {"into": declared["id"], "why": "one cause"}, who="ana"
        )
    )
    assert (merged["phase"], merged["merged_into"]) == ("merged", declared["id"])
    problem(
        call("POST", f"/incidents/{declared['id']}/dismiss", {"why": "x"}, who="ben"), 403, "not_commander"
    )
    gone = answer(call("POST", f"/incidents/{declared['id']}/dismiss", {"why": "a drill"}, who="ana"))
    assert gone["phase"] == "dismissed"
