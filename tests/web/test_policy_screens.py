"""The policy editor without scripts: every button posts the whole form. B9, R39 to R41"""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from acme import ACME
from calling import Call, answer
from database import Clock
from entering import signed_in
from muster.core.permissions import system
from muster.foundation.access import queries
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.mobilize.escalation.models import Policy, PolicyVersion
from muster.web.screens.policy_form import edited, fields_of, posted
from people import Cast

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)


@pytest.fixture
def enter(cast: Cast, call: Call, clock: Clock) -> Any:
    """Sign somebody in to the house of design 13, on a Monday at eleven."""
    clock.set(NOW)
    publish_standard(preset_text(DEFAULT), actor=system("tests"), at=queries.now())
    answer(call("POST", "/configuration/apply", ACME))

    return lambda handle: signed_in(cast, handle)


def body(response: Any, status: int = 200) -> str:
    """The page."""
    assert response.status_code == status, response.content[:2000]
    return html.unescape(str(response.content.decode()))


def fields(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's form."""
    form = page[page.index('id="policy-form"') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="(.*?)"(?: |>)', tag)
        if name is None or ('type="checkbox"' in tag and "checked" not in tag):
            continue
        found.setdefault(name[1], []).append(value[1] if value else "")
    return found


def editor(client: Client) -> tuple[str, dict[str, list[str]]]:
    """The address of the editor of the only policy, and its form."""
    path = f"/policies/{Policy.objects.order_by('id').first().handle}/edit"  # type: ignore[union-attr]
    return path, fields(body(client.get(path)))


def test_a_form_that_is_saved_as_it_came_changes_nothing(enter: Any) -> None:
    client = enter("admin")
    before = dict(Policy.objects.values_list("handle", "spec"))
    for handle in before:
        path = f"/policies/{handle}/edit"
        form = fields(body(client.get(path)))
        assert client.post(path, form | {"do": "save"}).status_code == 302
    assert dict(Policy.objects.values_list("handle", "spec")) == before
    assert set(Policy.objects.values_list("version", flat=True)) == {1}


def test_looking_saves_nothing_and_saving_makes_a_version(enter: Any) -> None:
    client = enter("admin")
    path, form = editor(client)
    looked = body(client.post(path, form | {"repeat": "2", "do": "look"}))
    assert "Who is paged when" in looked
    assert PolicyVersion.objects.filter(number=2).count() == 0
    assert client.post(path, form | {"repeat": "2", "do": "save"}).status_code == 302
    assert PolicyVersion.objects.get(number=2).spec["repeat"] == 2


def test_a_second_save_of_the_same_version_is_refused_and_keeps_what_was_typed(enter: Any) -> None:
    client = enter("admin")
    path, form = editor(client)
    assert client.post(path, form | {"repeat": "2", "do": "save"}).status_code == 302
    page = body(client.post(path, form | {"repeat": "4", "do": "save"}), 409)
    assert "saved version 2 while you were editing" in page
    again = fields(page)
    assert (again["repeat"], again["version"]) == (["4"], ["2"])
    assert client.post(path, again | {"do": "save"}).status_code == 302
    assert PolicyVersion.objects.get(number=3).spec["repeat"] == 4


def test_a_ladder_without_a_step_is_saved_only_when_asked_for_again(enter: Any) -> None:
    client = enter("admin")
    path, form = editor(client)
    bare = {name: value for name, value in form.items() if name != "step"}
    page = body(client.post(path, bare | {"do": "save"}), 422)
    assert "nobody but the organisation's fallback would be paged" in page
    assert PolicyVersion.objects.filter(number=2).count() == 0
    assert client.post(path, fields(page) | {"do": "save"}).status_code == 302
    assert PolicyVersion.objects.get(number=2).spec["steps"] == []


def test_what_cannot_be_read_is_named_at_its_field(enter: Any) -> None:
    client = enter("admin")
    path, form = editor(client)
    page = body(client.post(path, form | {"s1-after": "soon", "do": "save"}), 422)
    assert fields(page)["s1-after"] == ["soon"]
    assert 'name="s1-after"' in page
    assert 'id="note-s1-after"' in page


def test_the_search_finds_people_schedules_and_kinds(enter: Any) -> None:
    client = enter("admin")
    path, form = editor(client)
    page = body(client.post(path, form | {"s1-find": "ben", "do": "look"}))
    assert 'value="pick:s1:person:ben"' in page
    page = body(client.post(path, form | {"s1-find": "manager payments", "do": "look"}))
    assert 'value="pick:s1:manager:payments"' in page
    page = body(client.post(path, form | {"s1-find": "nobody-here", "do": "look"}))
    assert "Nobody and nothing in use is called" in page


def test_who_may_not_edit_the_team_may_not_edit_its_policy(enter: Any) -> None:
    client = enter("ben")
    path = f"/policies/{Policy.objects.order_by('id').first().handle}/edit"  # type: ignore[union-attr]
    assert client.get(path).status_code == 403
    assert client.post(path, {"do": "save"}).status_code == 403


def test_steps_move_leave_and_come_back() -> None:
    steps = [{"after": f"{n}m", "notify": [f"person:p{n}"]} for n in range(3)]
    form = fields_of("A", "", 1, {"steps": steps, "repeat": 0, "then_after": "15m"})
    assert edited(form, "up", "s3")[0] == "s3-up"
    assert [step.key for step in form.steps] == ["s1", "s3", "s2"]
    assert edited(form, "up", "s3")[0] == "s3-down"
    assert edited(form, "up", "s3") == ("", "")
    assert edited(form, "remove", "s1")[0] == "undo"
    assert edited(form, "remove", "s3")[0] == "undo"
    assert [step.key for step in form.steps] == ["s2"]
    edited(form, "undo", "")
    edited(form, "undo", "")
    assert [step.key for step in form.steps] == ["s3", "s1", "s2"]
    assert form.spec["steps"][0] == {"notify": ["person:p2"], "after": "2m"}
    added = edited(form, "add", "")[0]
    assert added == "s4-find"


def test_a_form_of_somebodys_own_making_is_read_without_harm() -> None:
    data = {"removed": '[{"at": "x"}]', "version": "-1", "step": "../x", "repeat": "many"}
    form = posted(data, lambda name: [data[name]] if name in data else [])
    assert (form.removed, form.version, form.steps) == ([], 0, [])
    assert form.spec["repeat"] == "many"
