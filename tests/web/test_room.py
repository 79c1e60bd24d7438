"""The screens of incidents: listed, declared, worked on and resolved in a browser without JavaScript."""

import re
from typing import Any

import pytest
from django.test import Client

from engine import settle
from muster.core.permissions import system
from muster.evaluate.models import Incident
from muster.foundation.access import commands as access
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event
from muster.respond.statuspage import commands as pages
from muster.respond.statuspage.commands import Part
from muster.respond.warroom.models import Document, Task, Tick, Update
from people import Cast
from rooms import TESTS, Declare

PASSWORD = "correct horse battery staple"


@pytest.fixture
def browse(cast: Cast) -> Any:
    """`browse("ana")` is a signed-in browser."""

    def sign_in(handle: str) -> Client:
        account = access.set_password(cast.id(handle), PASSWORD, actor=system("tests"), at=queries.now())
        client = Client()
        client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


def text(response: Any, status: int = 200) -> str:
    """The words of a page."""
    assert response.status_code == status, response.content[:2000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_room_shows_who_commands_what_is_due_and_what_may_be_done(declare: Declare, browse: Any) -> None:
    incident = declare("SEV1")
    page = text(browse("ana").get(f"/incidents/{incident.public_id}"))
    assert "data-live=" in browse("ana").get(f"/incidents/{incident.public_id}").content.decode()
    for words in (
        "Checkout fails",
        "You",
        "Customer update",
        "Hand over",
        "Start mobilizing",
        "declared the incident",
    ):
        assert words in page, words
    response = browse("sam").get(f"/incidents/{incident.public_id}")
    others = text(response)
    assert "Ana" in others
    for control in ("Start mobilizing", "Post update", "/mitigated"):
        assert control not in others, control
    assert "/handover" not in response.content.decode()


def test_the_mild_ones_are_tickets(declare: Declare, browse: Any) -> None:
    incident = declare("SEV3")
    response = browse("ana").get(f"/incidents/{incident.public_id}")
    assert "ticket-rail" in response.content.decode()
    assert "Fix" in text(response)


def test_an_incident_that_is_not_there_is_not_found(declare: Declare, browse: Any) -> None:
    ana = browse("ana")
    for path in ("/incidents/INC-999", "/incidents/nonsense", "/incidents/INC-999/resolve"):
        assert ana.get(path).status_code == 404


def test_the_list_holds_its_filter(declare: Declare, browse: Any) -> None:
    declare()
    ana = browse("ana")
    assert "Checkout fails" in text(ana.get("/incidents"))
    assert "Checkout fails" not in text(ana.get("/incidents?state=resolved"))
    assert "Checkout fails" not in text(ana.get("/incidents?q=payments"))
    assert text(ana.get("/incidents?state=all&before=1")).count("Checkout fails") == 0
    for words in ("inc-1", "service:checkout", "fails service:checkout", "1"):
        assert "Checkout fails" in text(ana.get("/incidents", {"q": words})), words
    for words in ("INC-2", "service:nowhere", "works service:checkout", "INC-" + "9" * 30):
        assert "Checkout fails" not in text(ana.get("/incidents", {"q": words})), words


def test_declaring_shows_what_it_will_do_and_does_it(declare: Declare, browse: Any) -> None:
    declare()
    ana = browse("ana")
    form = text(ana.get("/incidents/declare"))
    assert "Declare SEV3" in form
    seen = text(
        ana.get("/incidents/declare/preview?cell=complete,widespread&was=degraded,limited&title=Checkout")
    )
    assert "then every 15 min" in seen
    sent = {
        "title": "Cards are refused",
        "service": "checkout",
        "cell": "complete,limited",
        "was": "degraded,limited",
        "impact": "degraded",
        "scope": "limited",
        "flags": ["financial"],
    }
    answer = ana.post("/incidents/declare", sent)
    incident = Incident.objects.latest("id")
    assert answer.headers["Location"] == f"/incidents/{incident.public_id}"
    assert (incident.severity, incident.flags) == ("SEV2", ["financial"])
    assert "Say in a few words" in text(ana.post("/incidents/declare", {"title": " "}), 422)
    assert browse("ada").get("/incidents/declare").status_code == 403


def test_the_command_bar_obeys(declare: Declare, browse: Any) -> None:
    incident = declare("SEV2")
    ana, path = browse("ana"), f"/incidents/{incident.public_id}/line"
    for line in (
        "The pool ran dry",
        "/update external We look into it.",
        "/task @ben list the orders",
        "/role scribe @ben",
        "/sev 1 everybody is hit",
        "/impact 62 % of checkouts fail",
        "/check",
        "/ready",
        "/mitigated rolled back",
    ):
        assert ana.post(path, {"text": line}).status_code == 302, line
    row = Incident.objects.get(pk=incident.pk)
    assert (row.severity, row.phase, row.summary) == ("SEV1", "monitoring", "62 % of checkouts fail")
    assert Task.objects.get().assignee is not None
    assert Update.objects.get().audience == "external"
    assert ana.post(path, {"text": "/resolve"}).headers["Location"].endswith("/resolve")
    page = text(ana.get(f"/incidents/{incident.public_id}"))
    assert "62 %" in page
    ana.post(path, {"text": "/dance"})
    assert "There is no command /dance" in text(ana.get(f"/incidents/{incident.public_id}"))


def test_a_milder_severity_asks_why_and_keeps_what_was_chosen(declare: Declare, browse: Any) -> None:
    incident = declare("SEV2")
    ana, path = browse("ana"), f"/incidents/{incident.public_id}/severity"
    refused = ana.post(path, {"severity": "SEV3", "why": ""})
    assert "Say why it is milder" in text(refused, 422)
    assert '<option value="SEV3" selected>' in refused.content.decode()
    assert ana.post(path, {"severity": "SEV3", "why": "one customer only"}).status_code == 302
    assert Incident.objects.get().severity == "SEV3"


def test_strangers_command_nothing(declare: Declare, browse: Any) -> None:
    incident = declare()
    before = Event.objects.count()
    sam = browse("sam")
    assert sam.post(f"/incidents/{incident.public_id}/tasks", {"title": "x"}).status_code == 403
    assert sam.post(f"/incidents/{incident.public_id}/line", {"text": "me"}).status_code == 302
    assert "does not allow" in text(sam.get(f"/incidents/{incident.public_id}"))
    assert sam.post(f"/incidents/{incident.public_id}/mitigate", {}).status_code == 403
    assert Event.objects.count() == before


def test_tasks_and_ticks_are_done_with_one_button(declare: Declare, browse: Any) -> None:
    incident = declare()
    ana, at = browse("ana"), f"/incidents/{incident.public_id}"
    ana.post(f"{at}/tasks", {"title": "Call the bank"})
    task = Task.objects.get()
    assert f"{at}/tasks/{task.pk}/done" in ana.get(at).content.decode()
    ana.post(f"{at}/tasks/{task.pk}/done")
    assert Task.objects.get().state == "done"
    found = re.search(rf'action="({at}/tick/[^"]+)"', ana.get(at).content.decode())
    assert found is not None
    ana.post(found[1])
    assert Tick.objects.count() == 1


def test_each_form_is_drawn_and_says_what_is_wrong(declare: Declare, browse: Any) -> None:
    incident = declare()
    ana, at = browse("ana"), f"/incidents/{incident.public_id}"
    for name in ("handover", "take", "roles", "severity", "impact", "page", "document", "update", "publish",
                 "mitigate", "reopen", "dismiss", "backlog", "merge", "resolve"):  # fmt: skip
        assert ana.get(f"{at}/{name}").status_code == 200, name
    assert "Say why" in text(ana.post(f"{at}/dismiss", {"why": ""}), 422)
    assert "no person:zoe" in text(ana.post(f"{at}/page", {"target": "person:zoe", "summary": "x"}), 422)
    ana.post(f"{at}/document", {"text": "# Now\nPods wait.\n# Cause\nA setting.", "based_on": "0"})
    assert Document.objects.get().number == 1
    page = text(ana.get(at))
    assert "Pods wait." in page
    again = ana.post(f"{at}/document", {"text": "Other", "based_on": "0"})
    assert "Somebody wrote version 1" in text(again, 409)
    assert "Other" in again.content.decode()  # what was typed is kept


def test_an_update_is_written_per_audience(declare: Declare, browse: Any) -> None:
    incident = declare()
    ana, path = browse("ana"), f"/incidents/{incident.public_id}/update"
    assert "Choose at least one" in text(ana.post(path, {"status": "identified"}), 422)
    sent = {
        "status": "identified",
        "to": ["internal", "external"],
        "text_internal": "the pool",
        "text_external": "We work on it.",
    }
    assert ana.post(path, sent).status_code == 302
    found = set(Update.objects.values_list("audience", "status", "body"))
    assert found == {("internal", "Identified", "the pool"), ("external", "Identified", "We work on it.")}
    wrong = {"to": ["internal"], "text_internal": "soon", "next_at": "2001-01-01T00:00"}
    assert "a time that is over" in text(ana.post(path, wrong), 422)
    assert Update.objects.count() == 2


def test_the_gate_is_met_one_by_one(declare: Declare, browse: Any) -> None:
    """R7."""
    incident = declare()
    ana, at = browse("ana"), f"/incidents/{incident.public_id}"
    ana.post(f"{at}/line", {"text": "we rolled back"})
    ana.post(f"{at}/mitigate", {"why": "roll-back"})
    page = text(ana.get(f"{at}/resolve"))
    assert "4 of 7 conditions are met." in page
    assert "Only Ana resolves it" in text(browse("ben").get(f"{at}/resolve"))
    for check in ("system_stable", "metrics_confirm", "postmortem_scheduled"):
        assert ana.post(f"{at}/gate/{check}").status_code == 302
    assert ana.post(f"{at}/resolve", {}).headers["Location"] == at
    assert Incident.objects.get(pk=incident.pk).phase == "resolved"
    assert "Reopen" in text(ana.get(at))


def test_customers_are_told_from_the_room(declare: Declare, browse: Any) -> None:
    incident = declare()
    made = pages.add_page(actor=TESTS, at=queries.now(), handle="main", name="Acme")
    pages.replace_components(made.pk, [Part("Checkout", incident.services[0])], actor=TESTS, at=queries.now())
    ana, at = browse("ana"), f"/incidents/{incident.public_id}"
    form = ana.get(f"{at}/publish").content.decode()
    name = re.search(r'name="(component-\d+)"', form)
    assert name is not None
    sent = {
        "page": "main",
        "title": "Checkout fails",
        "state": "identified",
        "text": "We undo it.",
        name[1]: "major_outage",
    }
    assert ana.post(f"{at}/publish", sent).status_code == 302
    listed = text(ana.get("/status-pages"))
    assert "being published" in listed
    assert "Acme: Identified" in text(ana.get(at))
    number = name[1].removeprefix("component-")
    ana.post(f"/status-pages/main/components/{number}", {"state": "operational"})
    assert (
        browse("sam").post(f"/status-pages/main/components/{number}", {"state": "operational"}).status_code
        == 403
    )
    settle()
