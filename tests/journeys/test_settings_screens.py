"""Settings and the first run, on the screens: what a person sees and may do there."""

from typing import Any

import pytest
from django.test import Client

from calling import Call
from muster.core.permissions import system
from muster.evaluate.models import Silence
from muster.foundation.access import commands, queries
from muster.foundation.access.models import ApiToken, Contact, Person
from muster.web.screens.first_run import EXAMPLE
from people import Cast


@pytest.fixture
def enter(cast: Cast) -> Any:
    """Sign somebody in."""

    def sign_in(handle: str) -> Client:
        commands.set_password(
            cast.id(handle), "a long enough password", actor=system("tests"), at=queries.now()
        )
        client = Client()
        client.force_login(Person.objects.get(handle=handle).account)
        return client

    return sign_in


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
