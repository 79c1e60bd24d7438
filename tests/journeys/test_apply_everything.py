"""The whole form of design section 13 in one file: applied, exported, applied again, pruned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from people import Cast

FILE = (Path(__file__).parent / "acme.yaml").read_text()


@pytest.fixture
def send(cast: Cast) -> Callable[..., Any]:
    """Call the configuration's addresses as the admin."""

    def call(method: str, path: str, text: str = "") -> Any:
        headers = {"Authorization": f"Bearer {cast.token}"}
        return Client().generic(
            method, f"/api/v1/configuration{path}", text.encode(), "application/yaml", headers=headers
        )

    return call


def test_the_form_of_the_design_is_applied_whole_and_comes_back_as_it_was(send: Callable[..., Any]) -> None:
    """Every section of the stable door, read back by `export` and left alone by a second `apply`."""
    first = send("POST", "/apply", FILE)
    assert first.status_code == 200, first.content
    assert set(first.json()["counts"]) <= {"create", "change"}
    again = send("POST", "/apply", FILE)
    assert again.json()["counts"].keys() == {"leave"}, again.json()
    exported = send("GET", "/export").content.decode()
    assert set(yaml.safe_load(exported)) == set(yaml.safe_load(FILE))
    third = send("POST", "/apply", exported)
    assert third.status_code == 200, third.content
    assert third.json()["counts"].keys() == {"leave"}, third.json()


def test_a_new_integrations_key_is_shown_once_and_works(send: Callable[..., Any]) -> None:
    """32 letters and digits, in the address too; afterwards nobody can read it again."""
    send("POST", "/apply?dry_run=true", FILE)
    [made] = send("POST", "/apply", FILE).json()["integrations"]
    assert made["handle"] == "checkout-alertmanager"
    assert len(made["key"]) == 32
    assert made["key"].isalnum()
    assert made["url"].endswith(f"/in/alertmanager/{made['key']}")
    assert send("POST", "/apply", FILE).json()["integrations"] == []
    assert made["key"] not in send("GET", "/export").content.decode()


def test_a_dry_run_shows_no_key(send: Callable[..., Any]) -> None:
    """It made none."""
    assert send("POST", "/apply?dry_run=true", FILE).json()["integrations"] == []


def test_everything_an_apply_made_can_be_pruned_again(send: Callable[..., Any]) -> None:
    """What points at other things goes first."""
    send("POST", "/apply", FILE)
    left = "version: 1\norganisation: {fallback: [person:admin]}\n"
    pruned = send("POST", "/apply?prune=true", left)
    assert pruned.status_code == 200, pruned.content
    actions = {step["action"] for step in pruned.json()["plan"]}
    assert actions == {"change", "retire"}
    back = send("POST", "/apply", FILE)
    assert back.status_code == 200, back.content
    assert "create" not in back.json()["counts"]
