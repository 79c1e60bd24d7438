"""A postmortem and its action items by API, as programs do it (design 13)."""

from datetime import timedelta

import pytest

from calling import Call, answer, problem
from engine import settle
from learning import publish_default, resolved, set_audience
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.timeline.reactor import prepare
from people import Cast


@pytest.fixture
def incident(cast: Cast) -> Incident:
    """A SEV2 that ana resolved, with its draft."""
    prepare()
    publish_default(queries.now())
    found = resolved(cast("ana"), after=timedelta(minutes=70))
    settle()
    return found


def test_a_program_writes_and_publishes_a_postmortem(incident: Incident, call: Call) -> None:
    # R52 to R55
    path = f"/incidents/{incident.public_id}/postmortem"
    [brief] = answer(call("GET", "/postmortems?state=draft"))["items"]
    assert (brief["incident"], brief["state"]) == (incident.public_id, "draft")
    whole = answer(call("GET", path, who="sam"))
    keys = [section["key"] for section in whole["sections"]]
    assert keys[:3] == ["title", "date", "duration"]
    assert whole["sections"][2]["text"] == "70 min"
    nowhere = call("PATCH", f"{path}/sections/nothing", {"text": "x", "version": 1})
    problem(nowhere, 404, "postmortem_section_unknown")
    for section in whole["sections"]:
        if section["version"] is not None:
            said = {"text": f"Known of {section['key']}", "version": section["version"]}
            assert answer(call("PATCH", f"{path}/sections/{section['key']}", said, who="ana"))["version"] == 2
    stale = call("PATCH", f"{path}/sections/went_well", {"text": "older", "version": 1}, who="ben")
    assert "version 2" in problem(stale, 409, "postmortem_section_saved_meanwhile")
    versions = answer(call("GET", f"{path}/sections/went_well/versions"))
    assert [(one["version"], one["text"]) for one in versions] == [(2, "Known of went_well"), (1, "")]
    changed = answer(call("PATCH", path, {"reviewers": ["ben"], "cause": "deploy"}, who="ana"))
    assert (changed["reviewers"], changed["cause"], changed["author"]) == (["ben"], "deploy", "ana")
    problem(call("POST", f"{path}/publish", who="ana"), 409, "no_such_move")
    answer(call("POST", f"{path}/submit", who="ana"))
    problem(call("POST", f"{path}/return", {"why": ""}, who="ben"), 422, "reason_needed")
    assert answer(call("POST", f"{path}/publish", who="ben"))["state"] == "published"
    problem(call("POST", f"{path}/waive", {"why": "x"}, who="cleo"), 409, "postmortem_published")
    problem(call("POST", path, who="ana"), 409, "postmortem_exists")


def test_a_program_keeps_action_items(incident: Incident, call: Call) -> None:
    # R57
    said = {"incident": incident.public_id, "title": "Gate", "owner": "ben", "tag": "detection"}
    item = answer(call("POST", "/actions", said, who="ana"), 201)
    assert (item["state"], item["owner"], item["overdue"]) == ("open", "ben", False)
    problem(call("POST", "/actions", said | {"owner": None}, who="ana"), 422, "owner_needed")
    problem(call("POST", "/actions", said | {"tag": "hope"}, who="ana"), 422, "unknown_tag")
    problem(call("POST", "/actions", said, who="sam"), 403, "role")
    moved = {"due_at": "2026-01-01T00:00:00Z", "why": "earlier"}
    past = call("PATCH", f"/actions/{item['id']}", moved, who="ana")
    problem(past, 422, "action_item_due_in_the_past")
    changed = answer(call("PATCH", f"/actions/{item['id']}", {"ticket": "PAY-1"}, who="ana"))
    assert changed["ticket"] == "PAY-1"
    assert answer(call("GET", "/actions?overdue=true"))["items"] == []
    [found] = answer(call("GET", f"/actions?owner=ben&incident={incident.public_id}&state=open"))["items"]
    assert found["id"] == item["id"]
    assert answer(call("POST", f"/actions/{item['id']}/complete", who="ben"))["state"] == "done"
    problem(call("POST", f"/actions/{item['id']}/complete", who="ben"), 409, "action_item_no_such_move")
    whole = answer(call("GET", f"/incidents/{incident.public_id}/postmortem"))
    assert whole["actions"] == [item["id"]]


def test_a_program_reads_the_figures_with_their_incidents(incident: Incident, call: Call) -> None:
    # R58
    report = answer(call("GET", "/metrics?period=30d", who="sam"))
    figures = {one["name"]: one for one in report["metrics"]}
    assert (figures["MTTR"]["seconds"], figures["MTTR"]["verdict"]) == (4200, "fail")
    assert figures["MTTR"]["incidents"] == [{"incident": incident.public_id, "seconds": 4200}]
    assert report["by_severity"] == [
        {"word": "SEV2", "count": 1, "percent": 100, "incidents": [incident.public_id]}
    ]
    assert call("GET", "/metrics?period=soon").status_code == 404
    set_audience(incident, Audience.objects.create(name="INC").pk)
    assert answer(call("GET", "/metrics?period=30d", who="ben"))["total"] == 0
    path = f"/incidents/{incident.public_id}/postmortem"
    assert answer(call("GET", path, who="ben"), 404)["reason"] == "incident_not_found"
    assert answer(call("GET", "/postmortems", who="ben"))["items"] == []
