"""Webhooks on the screens: made, changed, given a new secret, taken out of use and brought back."""

import re
from typing import Any

import pytest
from django.test import Client

from calling import Call, answer
from journeys.test_settings_screens import body
from muster.mobilize.paging.models import Webhook

NEW = {"handle": "restart", "name": "Restart it", "url": "https://automation.example/s3cret"}
HERE = "/settings/webhooks/restart"
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def admin(enter: Any) -> Client:
    """Somebody who may configure."""
    signed_in: Client = enter("admin")
    return signed_in


def secret() -> str:
    """What the only webhook's posts are signed with."""
    return str(Webhook.objects.get().target["secret"])


def test_a_new_one_shows_its_secret_once_and_its_address_never(admin: Client) -> None:
    assert "No machine is told anything." in body(admin.get("/settings/webhooks"))
    made = body(admin.post("/settings/webhooks", NEW))
    assert _SECRET.findall(made) == [secret()]
    for page in ("/settings/webhooks", HERE):
        shown = body(admin.get(page))
        assert "automation.example" in shown
        assert "s3cret" not in shown
        assert not _SECRET.search(shown)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"url": "ftp://automation.example"}, "The webhook cannot be saved"),
        ({"handle": "Not a handle"}, "handle"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    admin: Client, said: dict[str, str], sentence: str
) -> None:
    shown = body(admin.post("/settings/webhooks", NEW | said), 422)
    assert 'aria-invalid="true"' in shown
    assert sentence in shown
    assert f'value="{(NEW | said)["url"]}"' in shown
    assert not Webhook.objects.exists()


def test_only_an_admin_makes_and_changes_one(admin: Client, enter: Any) -> None:
    ana = enter("ana")
    assert "Add a webhook" not in body(ana.get("/settings/webhooks"))
    body(ana.post("/settings/webhooks", NEW), 403)
    admin.post("/settings/webhooks", NEW)
    before = secret()
    assert "Make a new secret" not in body(ana.get(HERE))
    body(ana.post(HERE, {"name": "Mine"}), 403)
    for verb in ("rotate", "retire", "restore"):
        body(ana.post(f"{HERE}/{verb}"), 403)
    row = Webhook.objects.get()
    assert (row.name, row.retired_at, secret()) == ("Restart it", None, before)


def test_name_and_address_change_and_what_is_left_empty_stays(admin: Client) -> None:
    admin.post("/settings/webhooks", NEW)
    before = secret()
    assert admin.post(HERE, {"name": "Restart all", "url": ""}).status_code == 302
    assert admin.post(HERE, {"name": "", "url": "https://other.example/x"}).status_code == 302
    row = Webhook.objects.get()
    assert (row.name, row.target["url"], secret()) == ("Restart all", "https://other.example/x", before)
    assert 'aria-invalid="true"' in body(admin.post(HERE, {"url": "nowhere"}), 422)


def test_a_new_secret_is_shown_once(admin: Client) -> None:
    admin.post("/settings/webhooks", NEW)
    before = secret()
    assert _SECRET.findall(body(admin.post(f"{HERE}/rotate"))) == [secret()]
    assert secret() != before


def test_the_same_by_api(call: Call) -> None:
    made = answer(call("POST", "/webhooks", NEW), 201)
    again = answer(call("POST", "/webhooks/restart/rotate"))
    assert again["secret"] == secret() != made["secret"]
    assert call("POST", "/webhooks/restart/rotate", who="ana").status_code == 403


def test_it_leaves_use_only_when_no_policy_names_it_and_comes_back(admin: Client, call: Call) -> None:
    admin.post("/settings/webhooks", NEW)
    steps = [{"after": "0s", "notify": ["webhook:restart", "person:ana"]}]
    answer(call("POST", "/policies", {"handle": "pay", "name": "Pay", "steps": steps}), 201)
    assert "policy:pay" in body(admin.get(HERE))
    assert "still used by policy:pay" in body(admin.post(f"{HERE}/retire"), 409)
    answer(call("PATCH", "/policies/pay", {"steps": [{"after": "0s", "notify": ["person:ana"]}]}))
    assert admin.post(f"{HERE}/retire").status_code == 302
    assert "Bring it back" in body(admin.get(HERE))
    assert "Out of use" in body(admin.get("/settings/webhooks"))
    assert admin.post(f"{HERE}/restore").status_code == 302
    assert Webhook.objects.get().retired_at is None
