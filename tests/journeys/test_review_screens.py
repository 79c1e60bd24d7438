"""From a resolved incident to a published postmortem, an action item done and a report, on the screens."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from engine import settle
from learning import publish_default, resolved, set_audience
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.timeline.reactor import prepare
from muster.review.actions.models import ActionItem
from muster.review.postmortem.models import Postmortem, PostmortemSection
from people import Cast

LUCKY = "got_lucky"


@pytest.fixture
def incident(cast: Cast) -> Incident:
    """A SEV1 that ana resolved after 70 minutes, with its draft."""
    prepare()
    publish_default(queries.now())
    found = resolved(cast("ana"), "Checkout <fails>", severity="SEV1", after=timedelta(minutes=70))
    settle()
    return found


def body(response: Any, status: int = 200) -> str:
    """The page."""
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def save(client: Client, url: str, key: str, text: str, version: int) -> Any:
    """Send a section's form."""
    return client.post(f"{url}/sections", {"section": key, "text": text, "version": str(version)})


def test_a_postmortem_is_written_reviewed_and_published(incident: Incident, enter: Any, cast: Cast) -> None:
    # R52 to R55, without JavaScript
    ana = enter("ana")
    url = f"/incidents/{incident.public_id}/postmortem"
    assert escape("Checkout <fails>") in body(ana.get("/postmortems"))
    page = body(ana.get(url))
    assert "SEV1 always needs one" in page
    assert "It took long to resolve: 70 min" in page
    assert "Where we got lucky" in page
    assert "1 h 10 min" in page or "70 min" in page
    assert "<fails>" not in page
    form = body(ana.get(f"{url}?edit={LUCKY}"))
    assert re.search(r'name="version" value="1"', form)
    saved = save(ana, url, LUCKY, "It was **daytime**. <script>alert(1)</script>", 1)
    assert saved.headers["Location"].endswith(f"#section-{LUCKY}")
    page = body(ana.get(url))
    assert "<strong>daytime</strong>" in page
    assert "<script>alert(1)" not in page
    assert "draft by Ana".lower() in page.lower()
    early = ana.post(f"{url}/submit", follow=True)
    assert "Some sections say nothing yet" in body(early)
    for section in PostmortemSection.objects.filter(postmortem__incident=incident):
        save(ana, url, section.key, f"Known of {section.key}", section.version)
    assert "Publish" in body(ana.post(f"{url}/submit", follow=True))
    ben = enter("ben")
    assert "published by Ana" in body(ben.post(f"{url}/publish", follow=True)).lower().replace("ana", "Ana")
    assert Postmortem.objects.get().state == "published"
    assert "?edit=" not in body(ben.get(url))
    assert escape("Checkout <fails>") in body(ben.get("/postmortems?state=published"))


def test_when_two_save_both_texts_are_shown_and_none_is_lost(incident: Incident, enter: Any) -> None:
    url = f"/incidents/{incident.public_id}/postmortem"
    save(enter("ben"), url, LUCKY, "Ben was first", 1)
    page = body(save(enter("ana"), url, LUCKY, "Ana wrote too", 1), 409)
    assert "Ben was first" in page
    assert "Ana wrote too</textarea>" in page
    assert 'name="version" value="2"' in page
    assert PostmortemSection.objects.get(key=LUCKY).body == "Ben was first"


def test_the_small_forms_ask_and_say_what_is_wrong(incident: Incident, enter: Any, cast: Cast) -> None:
    ana, cleo = enter("ana"), enter("cleo")
    url = f"/incidents/{incident.public_id}/postmortem"
    assert "Plan the review meeting" in body(ana.get(f"{url}/meeting"))
    assert "Say when" in body(ana.post(f"{url}/meeting", {"meeting_at": "soon"}), 422)
    ana.post(f"{url}/meeting", {"meeting_at": "2030-01-02T10:00"})
    ana.post(f"{url}/reviewers", {"people": [str(cast.id("ben"))]})
    ana.post(f"{url}/cause", {"cause": "Deploy"})
    row = Postmortem.objects.get()
    assert (row.reviewers, row.cause) == ([cast.id("ben")], "deploy")
    assert row.meeting_at is not None
    assert "still to come" in body(ana.post(f"{url}/held", follow=True))
    assert ana.get(f"{url}/waive").status_code == 403
    assert "Say why" in body(cleo.post(f"{url}/waive", {"why": " "}), 422)
    assert "Waived: a double" in body(cleo.post(f"{url}/waive", {"why": "a double"}, follow=True))
    assert "a double" not in body(ana.get("/postmortems"))


def test_an_action_item_is_added_changed_and_done(incident: Incident, enter: Any, cast: Cast) -> None:
    # R57
    ana, ben = enter("ana"), enter("ben")
    url = f"/incidents/{incident.public_id}/postmortem"
    said = {"what": "Refuse unknown settings", "kind": "prevention", "due": "", "ticket": "PAY-1"}
    page = body(ana.post(f"{url}/actions", said), 422)
    assert "needs an owner" in page
    assert 'value="Refuse unknown settings"' in page
    assert ana.post(f"{url}/actions", said | {"owner": str(cast.id("ben"))}).status_code == 302
    row = ActionItem.objects.get()
    assert row.public_id in body(ana.get(url))
    last_day = f"{row.due_at:%Y-%m-%d}"
    again = {
        "what": "Refuse them at start",
        "owner": str(cast.id("ben")),
        "kind": "detection",
        "due": last_day,
    }
    assert ben.post(f"/actions/{row.public_id}", again).status_code == 302
    assert ActionItem.objects.get().due_at == row.due_at
    page = body(ben.get("/actions"))
    assert "Refuse them at start" in page
    assert f"/actions/{row.public_id}/done" in page
    ben.post(f"/actions/{row.public_id}/done")
    assert ActionItem.objects.get().state == "done"
    assert "Refuse them at start" in body(ben.get("/actions?show=closed"))
    page = body(ben.post(f"/actions/{row.public_id}", {"act": "reopen", "why": ""}), 422)
    assert "Say why" in page
    ben.post(f"/actions/{row.public_id}", {"act": "reopen", "why": "not yet"})
    ben.post(f"/actions/{row.public_id}", {"act": "drop", "why": "retired"})
    assert ActionItem.objects.get().state == "dropped"


def test_a_report_gives_its_verdict_and_opens_what_is_behind(incident: Incident, enter: Any) -> None:
    # R58
    sam = enter("sam")
    page = body(sam.get("/reports?period=30d"))
    assert "Resolving takes too long" in page
    assert "Drills are left out" in page
    [behind] = set(re.findall(r'href="(/reports/MTTR[^"]*)"', page))
    opened = body(sam.get(behind.replace("&amp;", "&")))
    assert f"/incidents/{incident.public_id}" in opened
    assert "1 incident: SEV1" in body(sam.get("/reports/severity:SEV1?period=30d"))
    assert "No incidents" in body(sam.get("/reports?period=2001-q1"))
    for wrong in ("/reports?period=soon", "/reports?team=nobody", "/reports/MTTX?period=30d", "/reports/a:b"):
        assert sam.get(wrong).status_code == 404


def test_a_stakeholder_reads_and_gets_no_buttons(incident: Incident, enter: Any) -> None:
    sam = enter("sam")
    url = f"/incidents/{incident.public_id}/postmortem"
    page = body(sam.get(url))
    assert "?edit=" not in page
    assert f"{url}/submit" not in page
    assert save(sam, url, LUCKY, "x", 1).status_code == 403
    assert sam.get(f"{url}/meeting").status_code == 403


def test_what_is_restricted_is_on_no_screen_of_others(incident: Incident, enter: Any, cast: Cast) -> None:
    # design 10
    ana, ben = enter("ana"), enter("ben")
    url = f"/incidents/{incident.public_id}/postmortem"
    said = {"what": "A secret task", "kind": "prevention", "owner": str(cast.id("ana"))}
    ana.post(f"{url}/actions", said)
    action = ActionItem.objects.get().public_id
    set_audience(incident, Audience.objects.create(name="INC").pk)
    for path in (url, f"{url}/meeting", f"/actions/{action}", "/incidents/INC-99/postmortem"):
        assert ben.get(path).status_code == 404, path
    assert save(ben, url, LUCKY, "x", 1).status_code == 404
    for path in ("/postmortems", "/actions", "/reports?period=30d", "/reports/MTTR?period=30d"):
        page = body(ben.get(path))
        assert "Checkout" not in page
        assert "secret" not in page


def test_an_incident_without_a_postmortem_says_what_to_do(incident: Incident, enter: Any, cast: Cast) -> None:
    ana = enter("ana")
    assert ana.get("/incidents/INC-99/postmortem").status_code == 404
    other = resolved(cast("ana"), "Small", severity="SEV4")
    page = body(ana.get(f"/incidents/{other.public_id}/postmortem"))
    assert "No postmortem is due" in page
    assert ana.post(f"/incidents/{other.public_id}/postmortem/draft").status_code == 302
    assert Postmortem.objects.filter(incident=other).exists()
