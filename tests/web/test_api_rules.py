"""`/rules` and their screens: happy, refused, stranger, missing; `rules:` of the configuration."""

from typing import Any

import pytest

from acme import ACME
from calling import Call, answer, problem
from muster.core.permissions import system
from muster.core.rule_form import FORMS
from muster.evaluate.models import Rule
from muster.foundation.access import queries
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.reactor import prepare
from muster.web.screens.rules import FIELD_WORDS

CALM = {
    "handle": "calm",
    "kind": "wait",
    "matchers": ['service="checkout"'],
    "fields": {"lasts": "5m"},
    "why": "probes blink",
}
RULES = """
version: 1
rules:
  - {handle: sunday, kind: maintenance, why: kernel updates, services: [checkout],
     starts: "2026-01-04T02:00", lasts: 120m, timezone: Europe/Madrid, repeat: "freq=weekly;byday=su"}
  - {handle: explains, kind: inhibition, why: one story, source: ['severity="critical"'],
     matchers: ['severity=warning'], equal: [cluster]}
  - {handle: mild, kind: event, why: nobody wakes for dev, matchers: ['env="dev"'], severity: warning,
     labels: {owner: data}, service: checkout}
  - {handle: five, kind: count, why: retries are normal, matchers: ['alertname="Retry"'], times: 5,
     within: 10m}
  - {handle: flaps, kind: flapping, why: that disk, matchers: ['alertname="Disk"'], changes: 4, within: 30m}
  - {handle: together, kind: grouping, why: one page a cluster, by: [cluster], alike: true, position: 7}
"""


@pytest.fixture
def house(call: Call) -> None:
    """The house of design 13, with the default Standard."""
    prepare()
    publish_standard(preset_text(DEFAULT), actor=system("tests"), at=queries.now(), preset=DEFAULT)
    assert call("POST", "/configuration/apply", ACME).status_code == 200


def test_a_rule_is_made_read_changed_retired_and_restored(call: Call, house: None) -> None:
    made = answer(call("POST", "/rules", CALM), 201)
    assert (made["state"], made["author"], made["fields"]) == ("active", "admin", {"lasts": "5m"})
    assert answer(call("GET", "/rules/calm", who="sam")) == made
    assert answer(call("GET", "/rules?kind=wait"))["items"] == [made]
    changed = answer(call("PATCH", "/rules/calm", {"fields": {"lasts": "10m"}, "position": 3}))
    assert (changed["fields"], changed["position"], changed["matchers"]) == (
        {"lasts": "10m"},
        3,
        made["matchers"],
    )
    assert answer(call("POST", "/rules/calm/retire"))["state"] == "retired"
    assert answer(call("GET", "/rules?active=true"))["items"] == []
    assert answer(call("POST", "/rules/calm/restore"))["state"] == "active"


def test_refusals_are_problems_with_sentences(call: Call, house: None) -> None:
    problem(call("POST", "/rules", CALM, who="ana"), 403, "role")
    problem(call("GET", "/rules/none"), 404, "rule_not_found")
    said = problem(call("POST", "/rules", CALM | {"fields": {"lasts": "soon"}}), 422, "rule_field_wrong")
    assert said.startswith("lasts cannot be soon: write a length")
    said = problem(call("POST", "/rules", CALM | {"fields": {"times": 3}}), 422, "rule_field_not_of_kind")
    assert said == "A rule of the kind wait has no field times."
    problem(call("POST", "/rules", CALM | {"matchers": []}), 422, "rule_has_no_matcher")
    problem(call("POST", "/rules", CALM | {"why": " "}), 422, "rule_needs_a_reason")
    assert not Rule.objects.exists()


def test_planned_work_says_when_it_goes_on_next(call: Call, house: None) -> None:
    fields = {
        "starts": "2026-01-04T02:00",
        "lasts": "2h",
        "timezone": "Europe/Madrid",
        "repeat": "FREQ=WEEKLY;BYDAY=SU",
        "services": ["checkout"],
    }
    body = {"handle": "sunday", "kind": "maintenance", "fields": fields, "why": "updates"}
    made = answer(call("POST", "/rules", body, who="ana"), 201)
    assert made["fields"] == fields
    assert made["next_from"] is not None
    assert made["next_from"] < made["next_until"]


def test_a_rule_is_tried_before_it_is_saved(call: Call, house: None) -> None:
    told = answer(call("POST", "/rules/try", {key: CALM[key] for key in ("kind", "matchers", "fields")}))
    assert (told["alerts"], told["held"], told["examples"]) == (0, 0, [])
    assert told["sentence"] == "It would have left all of 0 alerts as they were."
    assert not Rule.objects.exists()


def test_the_configuration_makes_rules_and_leaves_them_alone_the_second_time(call: Call, house: None) -> None:
    """Idempotent whatever the spelling, and written back in the same form."""
    assert call("POST", "/configuration/apply", RULES).status_code == 200
    assert Rule.objects.count() == 6
    again = answer(call("POST", "/configuration/apply", RULES))
    assert {step["action"] for step in again["plan"] if step["section"] == "rules"} == {"leave"}
    written = call("GET", "/configuration/export").content.decode()
    assert "repeat: FREQ=WEEKLY;BYDAY=SU" in written
    back = answer(call("POST", "/configuration/apply", written))
    assert {step["action"] for step in back["plan"] if step["section"] == "rules"} == {"leave"}


def test_the_configuration_changes_what_differs_and_refuses_what_is_wrong(call: Call, house: None) -> None:
    call("POST", "/configuration/apply", RULES)
    longer = "version: 1\nrules:\n  - {handle: five, times: 7, within: 10m}\n"
    [step] = [
        one
        for one in answer(call("POST", "/configuration/apply", longer))["plan"]
        if one["section"] == "rules" and one["handle"] == "five"
    ]
    assert step["action"] == "change"
    assert Rule.objects.get(handle="five").spec == {"times": 7, "within": "10m"}
    for wrong in (
        "{handle: x, kind: wait, why: y, matchers: ['a=b']}",
        "{handle: x, kind: wait, why: y, matchers: ['a=b'], lasts: 5m, times: 3}",
        "{handle: x, kind: maintenance, why: y, starts: '2026-01-04T02:00', lasts: 2h, timezone: UTC,"
        " repeat: FREQ=DAILY, services: [gone]}",
        "{handle: five, kind: wait, matchers: ['a=b'], lasts: 5m}",
        "{handle: x, kind: wait, matchers: ['a=b'], lasts: 5m}",
        "{handle: x, why: y, matchers: ['a=b'], lasts: 5m}",
        "{handle: x, kind: wait, why: y, matchers: ['a=b'], lasts: 5m, ends_at: '2026-01-04'}",
    ):
        refused = call("POST", "/configuration/apply", f"version: 1\nrules:\n  - {wrong}\n")
        assert refused.status_code == 422, (wrong, refused.content)
        assert "line 3" in refused.content.decode() or '"line": 3' in refused.content.decode()


def page(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


SAID = {
    "name": "Probes blink",
    "handle": "calm",
    "matchers": 'service="checkout"',
    "lasts": "5m",
    "why": "they do",
    "position": "100",
}


def test_a_rule_is_tried_and_made_on_the_screen(enter: Any, call: Call, house: None) -> None:
    admin = enter("admin")
    assert "There are no rules." not in page(admin.get("/settings/rules"))
    assert "Wait before paging" in page(admin.get("/rules/new?kind=wait"))
    shown = page(admin.post("/rules/new?kind=wait", SAID | {"do": "try"}))
    assert "It would have left all of 0 alerts as they were." in shown
    assert 'value="5m"' in shown
    assert not Rule.objects.exists()
    assert (
        admin.post("/rules/new?kind=wait", SAID | {"do": "save"}).headers["Location"]
        == "/settings/rules/calm"
    )
    assert "Probes blink" in page(admin.get("/settings/rules"))
    assert "they do" in page(admin.get("/settings/rules/calm"))
    assert admin.post("/rules/calm/edit", SAID | {"lasts": "9m", "do": "save"}).status_code == 302
    assert Rule.objects.get().spec == {"lasts": "9m"}
    assert admin.post("/settings/rules/calm/retire").status_code == 302
    assert "Bring it back" in page(admin.get("/settings/rules/calm"))
    assert admin.post("/settings/rules/calm/restore").status_code == 302


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        ("wait", {"lasts": "soon"}, "lasts cannot be soon"),
        ("wait", {"matchers": "("}, "cannot be used"),
        ("wait", {"why": ""}, "Say why"),
        ("wait", {"handle": "No Handle"}, "a-z"),
        ("event", {"lasts": ""}, "It does nothing"),
        (
            "maintenance",
            {"starts": "2020-01-01T02:00", "lasts": "2h", "timezone": "UTC"},
            "It is over already",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    enter: Any, house: None, kind: str, said: dict[str, str], sentence: str
) -> None:
    shown = page(enter("admin").post(f"/rules/new?kind={kind}", SAID | said | {"do": "save"}), 422)
    assert sentence in shown
    assert "Probes blink" in shown
    assert not Rule.objects.exists()


def test_a_responder_plans_work_and_nothing_else(enter: Any, house: None) -> None:
    ana = enter("ana")
    assert "/rules/new?kind=maintenance" in page(ana.get("/settings/rules"))
    assert "/rules/new?kind=wait" not in page(ana.get("/settings/rules"))
    page(ana.get("/rules/new?kind=wait"), 403)
    work = {"starts": "2030-01-01T02:00", "lasts": "2h", "timezone": "UTC", "services": "checkout"}
    assert ana.post("/rules/new?kind=maintenance", SAID | work | {"do": "save"}).status_code == 302
    assert Rule.objects.get().author.handle == "ana"


def test_a_kind_that_is_none_is_refused(enter: Any) -> None:
    page(enter("admin").get("/rules/new?kind=nothing"), 422)


def test_every_field_of_a_rule_has_words_on_its_screen() -> None:
    """One without would not be shown."""
    assert {name for form in FORMS.values() for name in form.fields} == set(FIELD_WORDS)
