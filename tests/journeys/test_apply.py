"""`muster apply` and `export` by API: planned, all or nothing, idempotent, with line numbers (design 13)."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.test import Client

from muster.core.permissions import system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Contact, Organisation, Person
from muster.foundation.catalog import commands as catalog
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import members
from muster.foundation.timeline.models import Event
from people import Cast

TESTS = system("tests")

FILE = """\
version: 1
organisation: {name: Acme, timezone: Europe/Madrid, fallback: [person:cleo], holidays: ES,
  hours: {days: [mon, fri], from: "09:00", to: "17:00"}}
people:
  - {handle: dora, name: Dora Ruiz, email: dora@example.org, role: responder, timezone: Europe/Madrid,
     contacts: [{kind: email, address: dora@example.org}, {kind: webhook, url: "http://127.0.0.1:9/p"}],
     rules: {high: [{after: 0s, use: webhook}, {after: 5m, use: email}], low: [{after: 0s, use: email}]}}
  - {handle: eli, name: Eli, role: manager}
teams:     [{handle: payments, name: Payments, members: [eli, dora], manager: eli}]
positions: [{handle: engineering-director, holders: [person:eli]}]
products:  [{handle: shop, name: Shop, services: [checkout]}]
services:
  - {handle: checkout, name: Checkout, team: payments, depends_on: [orders-db]}
  - {handle: orders-db, name: Orders, team: payments, urgency: high, depends_on: [checkout]}
customers: [{handle: acme, name: Acme, services: [checkout]}]
"""

Apply = Callable[..., Any]


@pytest.fixture
def apply(cast: Cast) -> Apply:
    """Send a file as the admin."""

    def send(text: str, query: str = "", *, token: str = cast.token) -> Any:
        return Client().generic(
            "POST",
            f"/api/v1/configuration/apply{query}",
            text.encode(),
            "application/yaml",
            headers={"Authorization": f"Bearer {token}"},
        )

    return send


def _export(cast: Cast) -> str:
    response = Client().get("/api/v1/configuration/export", headers={"Authorization": f"Bearer {cast.token}"})
    assert response.status_code == 200
    return str(response.content.decode())


def _plan(response: Any) -> dict[str, tuple[str, ...]]:
    assert response.status_code == 200, response.content
    return {
        f"{step['section']}:{step['handle']}": (step["action"], *step["fields"])
        for step in response.json()["plan"]
    }


def test_a_file_makes_everything_it_names_and_the_same_file_again_changes_nothing(apply: Apply) -> None:
    """Idempotent, dependencies in a ring included."""
    first = apply(FILE)
    assert set(_plan(first).values()) >= {("create",)}
    checkout = Service.objects.get(handle="checkout")
    assert checkout.depends_on == [Service.objects.get(handle="orders-db").pk]
    assert Person.objects.get(handle="dora").made_by == "apply"
    assert Contact.objects.filter(person__handle="dora", verified_at__isnull=False).count() == 2
    assert Organisation.objects.get().fallback == ["person:cleo"]
    events = Event.objects.count()
    again = _plan(apply(FILE))
    assert set(again.values()) == {("leave",)}
    assert Event.objects.count() == events


def test_one_command_id_for_a_whole_apply(apply: Apply) -> None:
    """One transaction, so one command."""
    before = Event.objects.order_by("-id").first()
    apply(FILE)
    made = Event.objects.filter(id__gt=before.pk if before else 0)
    assert made.count() > 10
    assert len(set(made.values_list("command", flat=True))) == 1


def test_a_dry_run_shows_the_plan_and_changes_nothing(apply: Apply) -> None:
    """The same plan as the real run's."""
    events = Event.objects.count()
    dry = apply(FILE, "?dry_run=true")
    assert dry.json()["dry_run"] is True
    assert Event.objects.count() == events
    assert not Team.objects.exists()
    assert _plan(dry) == _plan(apply(FILE))


def test_what_the_file_leaves_out_of_an_object_is_untouched_and_lists_are_replaced_whole(
    apply: Apply,
) -> None:
    """Design 13."""
    apply(FILE)
    teams = "teams: [{handle: payments, members: [dora]}]\n"
    plan = _plan(apply(f"version: 1\n{teams}services: [{{handle: checkout, depends_on: []}}]\n"))
    assert plan["teams:payments"] == ("change", "members")
    assert plan["services:checkout"] == ("change", "depends_on")
    team = Team.objects.get(handle="payments")
    assert team.name == "Payments"
    assert [person.handle for person in members(team.pk)] == ["dora"]
    assert Service.objects.get(handle="checkout").depends_on == []


def test_prune_retires_what_an_earlier_apply_made_and_nothing_made_by_hand(apply: Apply) -> None:
    """Without `--prune` the plan only says so."""
    apply(FILE)
    catalog.add_team(actor=TESTS, at=queries.now(), handle="byhand", name="By hand")
    smaller = yaml.safe_load(FILE)
    del smaller["customers"]
    smaller["services"] = smaller["services"][:1]
    smaller["services"][0]["depends_on"] = []
    text = yaml.safe_dump(smaller)
    assert _plan(apply(text))["services:orders-db"] == ("would_delete",)
    assert Service.objects.get(handle="orders-db").retired_at is None
    plan = _plan(apply(text, "?prune=true"))
    assert plan["services:orders-db"] == plan["customers:acme"] == ("retire",)
    assert "teams:byhand" not in plan
    assert Service.objects.get(handle="orders-db").retired_at is not None
    back = _plan(apply(FILE))
    assert back["services:orders-db"] == ("change", "retired")
    assert Service.objects.get(handle="orders-db").retired_at is None


def test_what_is_still_used_is_not_pruned_and_then_nothing_is_changed(apply: Apply) -> None:
    """All or nothing, and the answer says by what it is used."""
    apply(FILE)
    smaller = yaml.safe_load(FILE)
    smaller["people"] = smaller["people"][:1]
    del smaller["teams"]
    smaller["organisation"]["name"] = "Other"
    response = apply(yaml.safe_dump(smaller), "?prune=true")
    assert response.status_code == 422
    assert "service:checkout" in response.json()["detail"]
    assert Organisation.objects.get().name == "Acme"


WRONG_FILES = (
    ("version: 1\nteams:\n  - {handle: a, members: [nobody]}\n", 3, "no nobody in people"),
    ("version: 1\nservices:\n  - handle: a\n    team: none\n", 4, "no none in teams"),
    ("version: 1\nservices:\n  - handle: a\n    policy: none\n", 4, "no none in policies"),
    ("version: 1\nteams:\n  - {handle: a}\n  - {handle: a}\n", 4, "line 3 already"),
    ("version: 1\nteams:\n  - {handle: A B}\n", 3, "is no handle"),
    ("version: 1\nteamz: []\n", 2, "unknown key teamz"),
    ("version: 1\nteams:\n  - handle: a\n    nmae: x\n", 4, "unknown key nmae"),
    ("version: 1\nteams: {}\n", 2, "should be a list"),
    ("version: 1\nteams: [{name: x}]\n", 2, "handle is missing"),
    ("version: 2\n", 1, "version 1"),
    ("teams: []\n", 1, "version is missing"),
    ("version: 1\na: [\n", 3, "not YAML"),
    ("", 1, "not YAML"),
    ("version: 1\nteams: &x [{handle: a}]\n", 2, "anchors"),
    ("version: 1\nservices:\n  - {handle: a, urgency: loud}\n", 3, "must be one of high, low"),
    ("version: 1\norganisation: {fallback: [cleo]}\n", 2, "is no target"),
    ("version: 1\norganisation: {timezone: Mars/Base}\n", 2, "no time zone"),
    ("version: 1\npeople:\n  - {handle: x, contacts: [{kind: fax}]}\n", 3, "cannot reach people by fax"),
    ("version: 1\npeople:\n  - {handle: x, contacts: [{kind: email}]}\n", 3, "address is missing"),
    (
        "version: 1\npeople:\n  - handle: x\n    contacts: [{kind: email, address: a@b.org}]\n"
        "    rules:\n      high:\n        - {use: sms}\n",
        7,
        "sms is no contact",
    ),
    ("version: 1\npeople:\n  - {handle: x, rules: {high: [{use: email}]}}\n", 3, "does not have"),
    ("version: 1\npositions:\n  - {handle: x, holders: [team:y]}\n", 3, "is no target"),
    ("version: 1\nservices:\n  - {handle: a, depends_on: [a]}\n", 3, "itself"),
)


def test_a_wrong_file_is_refused_with_line_and_reason(apply: Apply, subtests: pytest.Subtests) -> None:
    """Unknown keys, wrong types, references across sections; nothing is written."""
    events = Event.objects.count()
    for text, line, words in WRONG_FILES:
        with subtests.test(text=text):
            response = apply(text)
            assert response.status_code == 422, response.content
            body = response.json()
            assert body["reason"] == "configuration_invalid"
            told = [(found["line"], found["reason"]) for found in body["errors"]]
            assert any(at == line and words in reason for at, reason in told), told
    assert Event.objects.count() == events


def test_all_findings_are_told_at_once(apply: Apply) -> None:
    """So that a file is mended in one go."""
    body = apply("version: 1\nteams:\n  - {handle: a, members: [x]}\n  - {handle: b, manager: y}\n").json()
    assert [found["line"] for found in body["errors"]] == [3, 4]


def test_export_writes_what_apply_leaves_as_it_is(apply: Apply, cast: Cast) -> None:
    """And leaves out what Muster made for itself."""
    apply(FILE)
    text = _export(cast)
    assert set(_plan(apply(text)).values()) == {("leave",)}
    written = yaml.safe_load(text)
    assert written["organisation"]["hours"] == {"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}
    assert [service["handle"] for service in written["services"]] == ["checkout", "orders-db"]
    dora = next(person for person in written["people"] if person["handle"] == "dora")
    assert dora["contacts"][1] == {"kind": "webhook", "url": "http://127.0.0.1:9/p"}
    assert dora["rules"]["high"] == [{"use": "webhook", "after": "0s"}, {"use": "email", "after": "5m"}]


def test_a_former_handle_names_the_same_thing(apply: Apply) -> None:
    """A rename by hand does not make an old file create a second one."""
    apply(FILE)
    service = Service.objects.get(handle="checkout")
    catalog.rename(Service, service.pk, "basket", actor=TESTS, at=queries.now())
    plan = _plan(apply("version: 1\nservices: [{handle: checkout, urgency: low}]\n"))
    assert plan["services:basket"] == ("change", "urgency")
    assert Service.objects.filter(handle="checkout").count() == 0


def test_only_an_admin_applies_and_exports(apply: Apply, cast: Cast) -> None:
    """Contact addresses are in it."""
    for who in ("cleo", "ana", "sam", "ada"):
        token = commands.create_token(cast.id(who), actor=TESTS, at=queries.now(), name="t")
        assert apply(FILE, token=token).status_code == 403
        headers = {"Authorization": f"Bearer {token}"}
        assert Client().get("/api/v1/configuration/export", headers=headers).status_code == 403


def test_an_old_contact_that_the_file_no_longer_names_is_retired(apply: Apply) -> None:
    """Contacts are replaced whole."""
    apply(FILE)
    apply(
        "version: 1\npeople:\n  - {handle: dora, contacts: [{kind: webhook, url: 'http://127.0.0.1:9/q'}],\n"
        "     rules: {high: [{use: webhook}]}}\n"
    )
    live = Contact.objects.filter(person__handle="dora", retired_at__isnull=True)
    assert [(row.name, row.target) for row in live] == [("webhook", {"url": "http://127.0.0.1:9/q"})]


def test_a_thousand_objects_are_one_transaction_of_a_few_seconds(apply: Apply) -> None:
    """Whatever the size (the exception of design 13)."""
    services = "".join(f"  - {{handle: s{n}, name: Service {n}}}\n" for n in range(500))
    people = "".join(f"  - {{handle: p{n}, name: Person {n}}}\n" for n in range(500))
    response = apply(f"version: 1\npeople:\n{people}services:\n{services}")
    assert response.json()["counts"] == {"create": 1000}
