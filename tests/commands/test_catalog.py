"""The catalog: added, changed, renamed, retired and brought back; never deleted (design 13)."""

import threading
from typing import Any

import pytest
from django.db import connection

from database import Database
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.foundation.access import queries as people
from muster.foundation.catalog import commands
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import by_handle, every, manager, members
from muster.foundation.catalog.reasons import Invalid, Retiring, Taken
from muster.foundation.timeline.models import Event
from people import Cast

TESTS = system("tests")


def _team(cast: Cast, handle: str = "payments", **more: Any) -> Team:
    return commands.add_team(actor=TESTS, at=people.now(), handle=handle, name=handle.title(), **more)


def _service(handle: str = "checkout", **more: Any) -> Service:
    return commands.add_service(actor=TESTS, at=people.now(), handle=handle, name=handle.title(), **more)


def _refusal(function: Any, *args: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        function(*args, actor=more.pop("actor", TESTS), at=people.now(), **more)
    return refused.value


def test_an_admin_adds_a_team_with_its_people(cast: Cast) -> None:
    """Members and manager are grants on the team."""
    admin = cast("admin")
    team = commands.add_team(
        actor=admin.actor,
        at=admin.at,
        handle="payments",
        name="Payments",
        members=[cast.id("ana"), cast.id("ben")],
        manager=cast.id("cleo"),
    )
    assert [person.handle for person in members(team.pk)] == ["ana", "ben"]
    assert getattr(manager(team.pk), "handle", None) == "cleo"
    assert cast("cleo").actor.manages == {team.pk}
    assert Event.objects.filter(subject=team.subject, kind="team.added").count() == 1


def test_a_responder_may_not_add_a_team(cast: Cast) -> None:
    """Deny by default."""
    ana = cast("ana")
    refused = _refusal(commands.add_team, actor=ana.actor, handle="x", name="X")
    assert refused.reason is Denied.ROLE


def test_a_teams_manager_edits_its_services_and_no_others(cast: Cast) -> None:
    """Design 10: its manager or an admin."""
    own = _team(cast, manager=cast.id("cleo"))
    other = _team(cast, "search")
    service = _service(team_id=own.pk)
    cleo = cast("cleo")
    changed = commands.change_service(service.pk, {"urgency": "low"}, actor=cleo.actor, at=cleo.at)
    assert changed.urgency == "low"
    refused = _refusal(commands.change_service, service.pk, {"team_id": other.pk}, actor=cleo.actor)
    assert refused.reason is Denied.NOT_YOUR_TEAM
    assert Service.objects.get(pk=service.pk).team_id == own.pk


def test_a_change_tells_before_and_after_and_nothing_else(cast: Cast) -> None:
    """So that any version can be shown again; nothing is recorded when nothing differs."""
    service = _service(urgency="high")
    commands.change_service(service.pk, {"urgency": "low", "name": "Checkout"}, actor=TESTS, at=people.now())
    commands.change_service(service.pk, {"urgency": "low"}, actor=TESTS, at=people.now())
    [event] = Event.objects.filter(subject=service.subject, kind="service.changed")
    assert event.payload == {"handle": "checkout", "urgency": {"before": "high", "after": "low"}}


def test_a_description_is_human_text_and_stays_out_of_the_payload(cast: Cast) -> None:
    """It may name people, so it must be erasable."""
    service = _service(description="Ask Ana Ruiz")
    [event] = Event.objects.filter(subject=service.subject)
    assert "Ana" not in str(event.payload)
    assert event.texts.get(name="description").body == "Ask Ana Ruiz"


def test_a_handle_is_taken_for_ever(cast: Cast) -> None:
    """Retired ones and former ones included, per kind."""
    team = _team(cast)
    commands.rename(Team, team.pk, "money", actor=TESTS, at=people.now())
    commands.retire(Team, team.pk, actor=TESTS, at=people.now())
    for handle in ("payments", "money"):
        refused = _refusal(commands.add_team, handle=handle, name="New")
        assert refused.reason is Taken.HANDLE
    assert _service("payments").handle == "payments"


def test_a_renamed_thing_answers_to_both_names_and_may_be_renamed_back(cast: Cast) -> None:
    """The old handle stays as alias."""
    service = _service()
    commands.rename(Service, service.pk, "basket", actor=TESTS, at=people.now())
    assert by_handle(Service, "checkout").pk == by_handle(Service, "basket").pk == service.pk
    again = commands.rename(Service, service.pk, "checkout", actor=TESTS, at=people.now())
    assert (again.handle, again.aliases) == ("checkout", ["basket"])


WRONG_SERVICES: tuple[tuple[dict[str, Any], Invalid], ...] = (
    ({"name": "  "}, Invalid.NAME),
    ({"name": "a\nb"}, Invalid.NAME),
    ({"name": "a" * 201}, Invalid.NAME),
    ({"urgency": "loud"}, Invalid.URGENCY),
    ({"runbook_url": "javascript:alert(1)"}, Invalid.RUNBOOK_URL),
    ({"depends_on": [99]}, Invalid.RETIRED),
    ({"team_id": 99}, Invalid.RETIRED),
    *(({"handle": handle}, Invalid.HANDLE) for handle in ("", "-x", "Über", "a" * 64, "a b", "a\n", "A")),
)
WRONG_TEAMS: tuple[tuple[dict[str, Any], Invalid], ...] = (
    ({"timezone": "Mars/Base"}, Invalid.TIMEZONE),
    ({"hours": {"days": ["mon"], "from": "25:00", "to": "17:00"}}, Invalid.HOURS),
    ({"hours": {"days": ["monday"], "from": "09:00", "to": "17:00"}}, Invalid.HOURS),
    ({"holidays": "Spain"}, Invalid.HOLIDAYS),
)


def test_wrong_values_are_refused_and_nothing_is_written(cast: Cast, subtests: pytest.Subtests) -> None:
    """Each with its reason."""
    events = Event.objects.count()
    for more, reason in WRONG_SERVICES:
        with subtests.test(service=more):
            given = {"handle": "checkout", "name": "Checkout"} | more
            assert _refusal(commands.add_service, **given).reason is reason
    for more, reason in WRONG_TEAMS:
        with subtests.test(team=more):
            given = {"handle": "x", "name": "X"} | more
            assert _refusal(commands.add_team, **given).reason is reason
    assert Event.objects.count() == events


def test_a_service_cannot_depend_on_itself(cast: Cast) -> None:
    """A ring of two is real life, a ring of one is a slip."""
    service = _service()
    refused = _refusal(commands.change_service, service.pk, {"depends_on": [service.pk]})
    assert refused.reason is Invalid.DEPENDS_ON_ITSELF


def test_what_is_still_used_is_not_retired_and_the_answer_says_by_what(cast: Cast) -> None:
    """Design 13; bringing back needs what it stands on."""
    team = _team(cast)
    orders = _service("orders", team_id=team.pk)
    checkout = _service(depends_on=[orders.pk])
    commands.add_product(actor=TESTS, at=people.now(), handle="shop", name="Shop", services=[orders.pk])
    refused = _refusal(commands.retire, Service, orders.pk)
    assert refused.reason is Retiring.POINTED_AT
    assert refused.detail["by"] == "product:shop, service:checkout"
    assert _refusal(commands.retire, Team, team.pk).detail["by"] == "service:orders"
    commands.retire(Service, checkout.pk, actor=TESTS, at=people.now())
    assert _refusal(commands.retire, Service, orders.pk).detail["by"] == "product:shop"


def test_bringing_back_needs_what_it_stands_on(cast: Cast) -> None:
    """First the team, then its service."""
    team = _team(cast)
    service = _service(team_id=team.pk)
    commands.retire(Service, service.pk, actor=TESTS, at=people.now())
    commands.retire(Team, team.pk, actor=TESTS, at=people.now())
    refused = _refusal(commands.restore, Service, service.pk)
    assert refused.detail["what"] == "team:payments"
    commands.restore(Team, team.pk, actor=TESTS, at=people.now())
    back = commands.restore(Service, service.pk, actor=TESTS, at=people.now())
    assert back.retired_at is None


def test_retired_things_are_kept_and_left_out_of_lists(cast: Cast) -> None:
    """Nothing configured is ever deleted."""
    service = _service()
    commands.retire(Service, service.pk, actor=TESTS, at=people.now())
    sam = cast("sam").actor
    assert service not in every(Service, actor=sam)
    assert service in every(Service, actor=sam, with_retired=True)


def test_the_reserved_service_is_made_once_and_stays(cast: Cast) -> None:
    """Meta-alerts need it (design 6)."""
    first = commands.ensure_reserved(at=people.now())
    assert commands.ensure_reserved(at=people.now()).pk == first.pk
    assert _refusal(commands.retire, Service, first.pk).reason is Retiring.RESERVED
    assert _refusal(commands.rename, Service, first.pk, "other").reason is Retiring.RESERVED


def test_of_two_who_want_one_handle_at_once_one_is_refused(cast: Cast, database: Database) -> None:
    """The second waits for the first, and gets a sentence, not a fault."""
    outcomes: list[object] = []
    together = threading.Barrier(2)

    def add() -> None:
        at = people.now()
        together.wait()
        try:
            outcomes.append(commands.add_service(actor=TESTS, at=at, handle="checkout", name="C").handle)
        except Refused as refused:
            outcomes.append(refused.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["checkout", "handle_taken"]
