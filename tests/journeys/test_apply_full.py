"""The whole example of design section 13: applied, applied again, exported into an empty house, refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml

from acme import ACME, EXPORTED
from calling import Call, answer, problem
from database import Clock
from muster.core.refusal import Refused
from muster.detect.models import Integration
from muster.foundation.access import queries
from muster.foundation.access.models import Person
from muster.foundation.catalog.commands import retire
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.pointers import pointing_at
from muster.foundation.catalog.reasons import Retiring
from muster.foundation.timeline.models import Event
from muster.mobilize.escalation.models import Policy, PolicyVersion
from muster.mobilize.oncall.models import Override, Schedule, ScheduleVersion
from muster.mobilize.oncall.queries import on_call_at
from people import Cast


def apply(call: Call, text: str, query: str = "") -> dict[str, tuple[str, ...]]:
    """Apply a file; returns its plan by `section:handle`."""
    body = answer(call("POST", f"/configuration/apply{query}", text))
    return {f"{step['section']}:{step['handle']}": (step["action"], *step["fields"]) for step in body["plan"]}


def changed(edit: Callable[[dict[str, Any]], object]) -> str:
    """The example with one thing changed."""
    document = yaml.safe_load(ACME)
    edit(document)
    return yaml.safe_dump(document, sort_keys=False)


def schedule() -> Schedule:
    """The one schedule."""
    return Schedule.objects.get()


def test_the_example_applies_whole_and_the_second_time_there_is_nothing_to_do(call: Call) -> None:
    """R54, design 13; an override that is over changes nothing, then or now."""
    plan = apply(call, ACME)
    assert {plan[name][0] for name in plan if name != "organisation:"} <= {"create", "change"}
    assert plan["schedules:payments-primary"] == ("create",)
    assert plan["integrations:checkout-alertmanager"] == ("create",)
    events = Event.objects.count()
    assert set(apply(call, ACME).values()) == {("leave",)}
    assert Event.objects.count() == events


def test_the_key_of_a_new_integration_is_shown_once_with_its_address(call: Call) -> None:
    """And never again, nor in a dry run."""
    dry = answer(call("POST", "/configuration/apply?dry_run=true", ACME))
    assert dry["integrations"] == []
    [shown] = answer(call("POST", "/configuration/apply", ACME))["integrations"]
    assert shown["handle"] == "checkout-alertmanager"
    assert len(shown["key"]) == 32
    assert shown["key"].isalnum()
    assert shown["url"].endswith(f"/in/alertmanager/{shown['key']}")
    assert answer(call("POST", "/configuration/apply", ACME))["integrations"] == []


def test_what_is_exported_makes_the_same_house_in_an_empty_one(call: Call) -> None:
    """The first half: what the example is exported as; the next test begins with that text."""
    apply(call, ACME)
    written = call("GET", "/configuration/export").content.decode()
    assert set(apply(call, written).values()) == {("leave",)}
    house = yaml.safe_load(written)
    house["people"] = [person for person in house["people"] if person["handle"] in ("ana", "ben", "cleo")]
    assert house == yaml.safe_load(EXPORTED)


def test_an_empty_house_becomes_the_one_that_was_exported(call: Call) -> None:
    """The second half."""
    apply(call, EXPORTED)
    assert set(apply(call, EXPORTED).values()) == {("leave",)}
    written = yaml.safe_load(call("GET", "/configuration/export").content.decode())
    house = yaml.safe_load(EXPORTED)
    for section in house.keys() - {"version", "people"}:
        assert written[section] == house[section]


def test_a_past_override_is_never_made_and_a_coming_one_only_added(call: Call, clock: Clock) -> None:
    """Design 13: overrides are added by (from, to, person); past ones never change."""
    apply(call, ACME)
    assert not Override.objects.exists()
    soon = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    later = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")

    def coming(document: dict[str, Any]) -> None:
        document["schedules"][0]["overrides"].append({"from": soon, "to": later, "person": "ana"})

    assert apply(call, changed(coming))["schedules:payments-primary"] == ("change", "overrides")
    assert apply(call, changed(coming))["schedules:payments-primary"] == ("leave",)
    assert apply(call, ACME)["schedules:payments-primary"] == ("leave",)
    assert Override.objects.filter(retired_at__isnull=True).count() == 1


def test_editing_layers_never_rewrites_the_past(call: Call, clock: Clock, cast: Cast) -> None:
    """R39: the old version holds until the instant of the edit, the new one from then on."""

    def always(*people: str) -> str:
        def edit(document: dict[str, Any]) -> None:
            layer = {"every": "1 week", "start": "2026-01-05T09:00", "people": list(people)}
            document["schedules"][0]["layers"] = [layer]

        return changed(edit)

    apply(call, always("ana"))
    before = clock.now()
    clock.advance(timedelta(hours=1))
    assert apply(call, always("ben"))["schedules:payments-primary"] == ("change", "layers")
    assert ScheduleVersion.objects.count() == 2
    assert on_call_at(schedule().pk, before) == (cast.id("ana"),)
    assert on_call_at(schedule().pk, clock.now()) == (cast.id("ben"),)


def test_a_changed_policy_gets_a_new_version(call: Call) -> None:
    """What ran keeps what it ran."""
    apply(call, ACME)

    def shorter(document: dict[str, Any]) -> None:
        document["policies"][0]["steps"] = [{"notify": ["position:engineering-director"]}]

    assert apply(call, changed(shorter))["policies:payments"] == ("change", "steps")
    assert Policy.objects.get().version == 2
    assert PolicyVersion.objects.count() == 2


WRONG: list[tuple[str, int, str]] = [
    ("schedules:\n  - {handle: a, timezone: Mars/Base}\n", 3, "is no time zone"),
    ("schedules:\n  - {handle: a, layers: []}\n", 3, "needs a timezone"),
    ("schedules:\n  - {handle: a, timezone: UTC, team: none}\n", 3, "no none in teams"),
    (
        "schedules:\n  - handle: a\n    timezone: UTC\n    layers:\n"
        '      - {every: 1 week, start: "2026-01-05T09:00", people: [ana, zoe]}\n',
        6,
        "no zoe in people",
    ),
    (
        "schedules:\n  - handle: a\n    timezone: UTC\n    layers:\n"
        '      - {every: a while, start: "2026-01-05T09:00", people: [ana]}\n',
        6,
        "every (a while): it cannot be read",
    ),
    (
        "schedules:\n  - handle: a\n    timezone: UTC\n    layers:\n"
        '      - {every: 1 day, start: "2026-01-05", people: [ana]}\n',
        6,
        "start (2026-01-05): it cannot be read",
    ),
    (
        "schedules:\n  - handle: a\n    timezone: UTC\n    layers:\n"
        '      - {every: 1 day, start: "2026-01-05T09:00", people: []}\n',
        6,
        "people: it is empty",
    ),
    (
        "schedules:\n  - handle: a\n    timezone: UTC\n    overrides:\n"
        '      - {from: "2030-01-05T09:00", to: "2030-01-05T08:00", person: ana}\n',
        6,
        "it ends before it starts",
    ),
    ("schedules:\n  - {handle: a, timezone: UTC, layerz: []}\n", 3, "unknown key layerz"),
    ("policies:\n  - {handle: a, steps: [{notify: [schedule:none]}]}\n", 3, "no none in schedules"),
    ("policies:\n  - {handle: a, steps: [{notify: [ana]}]}\n", 3, "is no target"),
    ("policies:\n  - {handle: a, steps: [{notify: []}]}\n", 3, "notifies somebody"),
    ("policies:\n  - {handle: a, steps: [{after: soon, notify: [person:ana]}]}\n", 3, "duration"),
    ("policies:\n  - {handle: a, repeat: 99}\n", 3, "repeats 0 to 20"),
    ("integrations:\n  - {handle: a, service: none, kind: generic}\n", 3, "no none in services"),
    ("integrations:\n  - {handle: a, service: muster, kind: fax}\n", 3, "no integration of kind fax"),
    ("integrations:\n  - {handle: a, service: muster}\n", 3, "needs a kind"),
    (
        "integrations:\n  - handle: a\n    service: muster\n    kind: generic\n"
        '    mapping: {summary: "]["}\n',
        6,
        "is not JMESPath",
    ),
    (
        "integrations:\n  - {handle: a, service: muster, kind: alertmanager, mapping: {summary: x}}\n",
        3,
        "takes no mapping",
    ),
]


def test_a_wrong_file_is_refused_with_line_and_reason(call: Call, subtests: pytest.Subtests) -> None:
    """Nothing is written."""
    events = Event.objects.count()
    for text, line, words in WRONG:
        with subtests.test(words):
            body = answer(call("POST", "/configuration/apply", f"version: 1\n{text}"), 422)
            found = [(one["line"], one["reason"]) for one in body["errors"]]
            assert any(at == line and words in reason for at, reason in found), found
    assert Event.objects.count() == events


def test_the_kind_of_an_integration_is_for_ever(call: Call) -> None:
    """Its sender would speak another language."""
    apply(call, ACME)

    def other(document: dict[str, Any]) -> None:
        document["integrations"][0]["kind"] = "generic"

    said = problem(call("POST", "/configuration/apply", changed(other)), 422, "configuration_invalid")
    assert "is of kind alertmanager for ever" in said


def test_what_something_live_points_at_is_not_retired(call: Call, cast: Cast) -> None:
    """Refused, and the answer says by what it is used."""
    apply(call, ACME)
    admin = cast("admin")
    who = {"actor": admin.actor, "at": admin.at}

    def used_by(retire: Callable[[], object]) -> str:
        with pytest.raises(Refused) as refused:
            retire()
        assert refused.value.reason is Retiring.POINTED_AT
        return str(refused.value.detail["by"])

    assert used_by(lambda: retire(Schedule, schedule().pk, **who)) == "policy:payments"
    assert used_by(lambda: retire(Policy, Policy.objects.get().pk, **who)) == "service:checkout"
    checkout = Service.objects.get(handle="checkout")
    assert "integration:checkout-alertmanager" in used_by(lambda: retire(Service, checkout.pk, **who))
    payments = Team.objects.get()
    assert used_by(lambda: retire(Team, payments.pk, **who)) == (
        "policy:payments, schedule:payments-primary, service:checkout"
    )
    assert pointing_at(Person.objects.get(handle="ben")) == ["policy:payments", "schedule:payments-primary"]
    assert "policy:payments" not in pointing_at(Person.objects.get(handle="cleo"))


def test_pruning_takes_away_what_the_file_left_out_and_the_file_brings_it_back(call: Call) -> None:
    """Retired, never deleted."""
    apply(call, ACME)
    kept = ("version", "organisation", "people", "teams", "positions")
    short = yaml.safe_dump({key: value for key, value in yaml.safe_load(ACME).items() if key in kept})
    plan = apply(call, short, "?prune=true")
    assert plan["schedules:payments-primary"] == plan["policies:payments"] == ("retire",)
    assert plan["integrations:checkout-alertmanager"] == ("retire",)
    assert Integration.objects.get().retired_at is not None
    back = apply(call, ACME)
    assert back["schedules:payments-primary"] == back["policies:payments"] == ("change", "retired")
    assert set(apply(call, ACME).values()) == {("leave",)}


def test_who_is_on_call_is_what_the_file_says(call: Call, clock: Clock, cast: Cast) -> None:
    """Ana and Ben by turns, in office hours only, from the moment of the apply."""
    apply(call, ACME)
    at = queries.now()
    monday = at + timedelta(days=(7 - at.weekday()) % 7 or 7)
    noon = monday.replace(hour=11, minute=0)
    weeks = [on_call_at(schedule().pk, noon + timedelta(weeks=n)) for n in range(2)]
    assert sorted(weeks) == sorted([(cast.id("ana"),), (cast.id("ben"),)])
    assert on_call_at(schedule().pk, noon.replace(hour=23)) == ()
