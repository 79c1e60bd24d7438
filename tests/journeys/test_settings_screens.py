"""Settings and the first run, on the screens: what a person sees and may do there."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from calling import Call
from muster.core.permissions import system
from muster.detect.models import Integration
from muster.evaluate.models import Silence
from muster.foundation.access import commands, queries
from muster.foundation.access.models import ApiToken, Contact, Person
from muster.web.screens.first_run import EXAMPLE


def body(response: Any, status: int = 200) -> str:
    """The page."""
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def test_the_first_run_leads_an_admin_and_its_example_makes_home_the_first_screen(
    enter: Any, call: Call
) -> None:
    admin = enter("admin")
    assert "Make it wake you once." in body(admin.get("/"))
    assert call("POST", "/configuration/apply", EXAMPLE).status_code == 200
    assert "needs you" in body(admin.get("/")).lower()


def test_a_stakeholder_reads_the_silences_and_makes_none(enter: Any) -> None:
    sam = enter("sam")
    assert "Silence them" not in body(sam.get("/settings/silences"))
    said = {"matchers": 'service="x"', "why": "noise", "for": "2h"}
    body(sam.post("/settings/silences", said), 403)
    assert not Silence.objects.exists()


@pytest.mark.parametrize("length", ["", "soon", "-1h", "9" * 40 + "h"])
def test_a_silence_without_a_length_is_refused(enter: Any, length: str) -> None:
    said = {"matchers": 'service="x"', "why": "noise", "for": length}
    body(enter("ana").post("/settings/silences", said), 422)
    assert not Silence.objects.exists()


def test_a_wrong_address_is_said_at_its_field_and_kept(enter: Any) -> None:
    answer = body(enter("ana").post("/settings/me/contacts/add/email", {"email-address": "no address"}), 422)
    assert "Address is not one e-mail address" in answer
    assert 'value="no address"' in answer
    assert not Contact.objects.filter(person__handle="ana").exists()


def test_nobody_touches_the_contact_of_somebody_else(enter: Any) -> None:
    ana = enter("ana")
    ana.post("/settings/me/contacts/add/email", {"email-address": "ana@example.com"})
    contact = Contact.objects.get(person__handle="ana")
    for verb in ("code", "test", "remove"):
        body(enter("ben").post(f"/settings/me/contacts/{contact.pk}/{verb}"), 404)
    contact.refresh_from_db()
    assert contact.verified_at is None
    assert contact.retired_at is None


def test_a_token_is_shown_once_works_and_is_revoked_by_its_owner_only(enter: Any) -> None:
    ana = enter("ana")
    answer = body(ana.post("/settings/me/tokens", {"name": "a script"}))
    secret = "mst_" + answer.partition("mst_")[2].partition("<")[0]
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me", headers=headers).json()["handle"] == "ana"
    assert secret not in body(ana.get("/settings/me"))
    token = ApiToken.objects.get(name="a script")
    body(enter("ben").post(f"/settings/me/tokens/{token.pk}/revoke"), 403)
    assert Client().get("/api/v1/me", headers=headers).status_code == 200
    ana.post(f"/settings/me/tokens/{token.pk}/revoke")
    assert Client().get("/api/v1/me", headers=headers).status_code == 401


def test_addresses_are_shown_to_their_owner_and_admins_only(enter: Any) -> None:
    ana = enter("ana")
    ana.post("/settings/me/contacts/add/webhook", {"webhook-url": "https://hooks.example.com/ana"})
    assert "https://hooks.example.com/ana" in body(ana.get("/settings/me"))
    assert "hooks.example.com" not in body(enter("ben").get("/people/ana"))


@pytest.mark.parametrize(
    ("words", "leads"),
    [("INC-7", "/incidents/INC-7"), ("alr 12", "/alerts/ALR-12"), ("grp3", "/alerts/GRP-3")],
)
def test_an_id_leads_straight_there(enter: Any, words: str, leads: str) -> None:
    answer = enter("ana").get("/search", {"q": words})
    assert (answer.status_code, answer.headers["Location"]) == (302, leads)


def test_an_admin_lets_somebody_in_by_a_link_that_works_once(enter: Any, call: Call) -> None:
    """The link is shown once, makes the account, and leaves alone how they are paged."""
    ana = {"kind": "email", "target": {"address": "night@example.com"}, "verified": True}
    person = Person.objects.get(handle="ana")
    commands.put_contact(person.pk, actor=system("tests"), at=queries.now(), **ana)
    admin = enter("admin")
    assert "Let them sign in" in body(admin.get("/people/ana"))
    page = body(admin.post("/people/ana/invite"))
    link = "/set-up/" + page.partition("http://testserver/set-up/")[2].partition("<")[0]
    assert link not in body(admin.get("/people/ana"))
    said = {"name": "Ana", "email": "ana@example.com", "password": "a long enough password"}
    invited = Client()
    assert invited.post(link, said).status_code == 302
    assert "Ana" in body(invited.get("/people/ana"))
    assert Client().post(link, said).status_code == 410
    contact = Contact.objects.get(person=person)
    assert contact.target == {"address": "night@example.com"}
    assert contact.verified_at is not None
    assert "Let them set a new password" in body(admin.get("/people/ana"))


def test_only_an_admin_lets_people_in(enter: Any, call: Call) -> None:
    cleo = enter("cleo")
    assert "Let them sign in" not in body(cleo.get("/people/ben"))
    body(cleo.post("/people/ben/invite"), 403)
    assert call("POST", "/people/ben/invitation", {}, who="cleo").status_code == 403
    made = call("POST", "/people/ben/invitation", {}).json()
    assert Client().get(made["url"].removeprefix("http://testserver")).status_code == 200
    newer = call("POST", "/people/ben/invitation", {}).json()["url"]
    assert newer != made["url"]
    assert Client().get(made["url"].removeprefix("http://testserver")).status_code == 410


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"matchers": "service~checkout", "why": "noise", "for": "4h"}, "matchers", "service~checkout"),
        ({"matchers": "", "why": "noise", "for": "4h"}, "matchers", "matcher"),
        ({"matchers": 'service="x"', "why": " ", "for": "4h"}, "why", "why"),
        ({"matchers": 'service="x"', "why": "noise", "for": "never"}, "for", "until when"),
    ],
)
def test_what_is_wrong_with_a_silence_is_said_at_its_field(
    enter: Any, said: dict[str, str], field: str, sentence: str
) -> None:
    page = body(enter("ana").post("/settings/silences", said), 422)
    assert '<details class="fold" open>' in page
    assert sentence in fault_at(page, field)
    assert all(value.strip() in unescape(page) for name, value in said.items() if name != "for")
    if said["for"] == "4h":
        assert '<option value="4h" selected>' in page


def fault_at(page: str, field: str) -> str:
    """What is said under a field, and under no other."""
    [found] = re.findall(r'<p class="field-error" id="note-([\w-]+)">.*?<span>(.*?)</span></p>', page, re.S)
    assert found[0] == field
    return unescape(found[1])


def test_what_is_wrong_with_a_sender_is_said_at_its_field(enter: Any, call: Call) -> None:
    assert call("POST", "/configuration/apply", EXAMPLE).status_code == 200
    admin = enter("admin")
    said = {"kind": "generic", "service": "checkout", "handle": "Not A Handle"}
    page = body(admin.post("/settings/integrations", said), 422)
    assert "Not A Handle" in page
    assert fault_at(page, "handle")
    assert '<option value="generic" selected>' in page
    body(admin.post("/settings/integrations", said | {"handle": "one"}))
    assert "one" in fault_at(
        body(admin.post("/settings/integrations", said | {"handle": "one"}), 409), "handle"
    )
    gone = body(admin.post("/settings/integrations", said | {"service": "nowhere"}), 404)
    assert "nowhere" in fault_at(gone, "service")


def test_a_sender_is_told_a_secret_which_no_page_shows_again(enter: Any, call: Call) -> None:
    assert call("POST", "/configuration/apply", EXAMPLE).status_code == 200
    new = {"handle": "shop", "service": "checkout", "kind": "grafana"}
    assert call("POST", "/integrations", new).status_code == 201
    admin, where = enter("admin"), "/settings/integrations/shop"
    assert "One is stored" not in body(admin.get(where))
    told = {"secret": "s3cret-of-ours", "signature_header": "X-Signed", "timestamp_header": ""}
    assert admin.post(where, told).status_code == 302
    page = body(admin.get(where))
    assert "One is stored" in page
    assert 'value="X-Signed"' in page
    assert "s3cret-of-ours" not in page
    assert admin.post(where, {"signature_header": "X-Other"}).status_code == 302
    row = Integration.objects.get(handle="shop")
    assert (row.sealed, row.mapping) == ({"secret": "s3cret-of-ours"}, {"signature_header": "X-Other"})
    wrong = body(admin.post(where, {"secret": "another-of-ours", "signature_header": "x" * 101}), 422)
    assert fault_at(wrong, "secret")
    assert "another-of-ours" not in wrong
    body(enter("sam").post(where, {"secret": "of mine"}), 403)


@pytest.mark.parametrize(
    ("begins", "ends", "field", "status"),
    [
        ("2099-01-02T09:00", "2099-01-01T09:00", "until", 422),
        ("tomorrow", "2099-01-01T09:00", "from", 422),
        ("2020-01-01T09:00", "2020-01-02T09:00", "until", 409),
    ],
)
def test_what_is_wrong_with_an_override_is_said_at_its_field(
    enter: Any, call: Call, begins: str, ends: str, field: str, status: int
) -> None:
    assert call("POST", "/configuration/apply", EXAMPLE).status_code == 200
    ben = Person.objects.get(handle="ben")
    said = {"person": str(ben.pk), "from": begins, "until": ends}
    page = body(enter("admin").post("/oncall/payments-primary/override", said), status)
    assert fault_at(page, field)
    assert f'<option value="{ben.pk}" selected>' in page
    assert begins in page
    assert ends in page


def test_nobody_covers_who_is_not_there(enter: Any, call: Call) -> None:
    assert call("POST", "/configuration/apply", EXAMPLE).status_code == 200
    said = {"person": "999999", "from": "2099-01-01T09:00", "until": "2099-01-02T09:00"}
    assert fault_at(body(enter("admin").post("/oncall/payments-primary/override", said), 404), "person")


def test_a_silence_is_tried_on_the_last_week_before_it_is_made(enter: Any) -> None:
    said = {"matchers": 'service="x"', "why": "noise", "for": "2h", "do": "try"}
    shown = body(enter("ana").post("/settings/silences", said))
    assert "It would have left all of 0 alerts as they were." in shown
    assert "noise" in shown
    assert not Silence.objects.exists()
