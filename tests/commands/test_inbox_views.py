"""Saved views of the inbox: one's own and a team's, one default each, deleted and brought back."""

import threading
from typing import Any

import pytest
from django.db import connections

from database import Database
from muster.core.inbox import ViewRefusal
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.evaluate import commands
from muster.evaluate.models import AlertView
from muster.evaluate.queries import alert_views, default_view, view_of
from muster.evaluate.reasons import Evaluate
from muster.foundation.access import queries
from muster.foundation.catalog.commands import add_team
from muster.foundation.catalog.models import Team
from muster.foundation.timeline.models import Event
from people import Cast


@pytest.fixture
def team(cast: Cast) -> Team:
    """Team payments of Ana, which Cleo manages."""
    tests = system("tests")
    return add_team(
        actor=tests,
        at=queries.now(),
        handle="payments",
        name="Payments",
        members=[cast.id("ana")],
        manager=cast.id("cleo"),
    )


def save(cast: Cast, who: str = "ana", name: str = "My night", **more: Any) -> AlertView:
    """Somebody saves a view."""
    arrival = cast(who)
    said = {"state": "open", "words": "service:checkout"} | more
    return commands.save_view(actor=arrival.actor, at=arrival.at, name=name, **said)


def seen(cast: Cast, who: str) -> list[str]:
    """The views that somebody is shown."""
    return [row.name for row in alert_views(cast(who).actor)]


def refusal(act: Any, *args: Any, **more: Any) -> Any:
    """Why it is refused."""
    with pytest.raises(Refused) as refused:
        act(*args, **more)
    return refused.value.reason


def test_a_view_is_kept_for_its_owner_with_one_event(cast: Cast) -> None:
    row = save(cast)
    assert row.address == f"/alerts?state=open&q=service%3Acheckout&view={row.pk}"
    assert (seen(cast, "ana"), seen(cast, "ben"), seen(cast, "admin")) == (["My night"], [], [])
    [event] = Event.objects.filter(subject=row.subject)
    assert (event.kind, event.actor) == ("alert_view.saved", f"person:{cast.id('ana')}")
    assert event.payload["words"] == "service:checkout"


def test_a_teams_view_is_for_its_members_and_its_manager(cast: Cast, team: Team) -> None:
    save(cast, name="Payments", team_id=team.pk)
    save(cast, "cleo", name="Managed", team_id=team.pk)
    for who in ("ana", "cleo"):
        assert seen(cast, who) == ["Managed", "Payments"]
    assert seen(cast, "ben") == []
    assert refusal(save, cast, "ben", team_id=team.pk) is Denied.NOT_YOUR_TEAM
    assert refusal(save, cast, "ada") is Denied.ROLE


def test_nobody_changes_what_is_somebody_elses(cast: Cast, team: Team) -> None:
    mine, ours = save(cast), save(cast, name="Ours", team_id=team.pk)
    ben = cast("ben")
    for row, reason in ((mine, Evaluate.VIEW_NOT_FOUND), (ours, Denied.NOT_YOUR_TEAM)):
        for act in (commands.retire_view, commands.restore_view):
            assert refusal(act, row.pk, actor=ben.actor, at=ben.at) is reason
        assert refusal(commands.change_view, row.pk, {"name": "x"}, actor=ben.actor, at=ben.at) is reason
        assert refusal(view_of, ben.actor, row.public_id) is Evaluate.VIEW_NOT_FOUND
    assert refusal(commands.retire_view, 999, actor=ben.actor, at=ben.at) is Evaluate.VIEW_NOT_FOUND


def test_a_name_is_there_once_for_each_owner(cast: Cast, team: Team) -> None:
    save(cast)
    assert refusal(save, cast) is ViewRefusal.NAME_TAKEN
    save(cast, "ben")
    save(cast, team_id=team.pk)
    other = save(cast, name="Other")
    ana = cast("ana")
    wrong = refusal(commands.change_view, other.pk, {"name": " My night "}, actor=ana.actor, at=ana.at)
    assert wrong is ViewRefusal.NAME_TAKEN
    assert refusal(save, cast, name="") is ViewRefusal.NAME
    assert refusal(save, cast, name="n", state="closed") is ViewRefusal.STATE
    assert AlertView.objects.count() == 4


def test_one_view_of_each_owner_is_the_default(cast: Cast, team: Team) -> None:
    """A person's own wins over their team's; a new default takes the place of the old one, each told."""
    ours = save(cast, name="Ours", team_id=team.pk, is_default=True)
    assert default_view(cast("ana").actor) == ours
    first = save(cast, is_default=True)
    assert default_view(cast("ana").actor) == first
    assert default_view(cast("cleo").actor) == ours
    second = save(cast, name="Second")
    ana = cast("ana")
    commands.change_view(second.pk, {"is_default": True}, actor=ana.actor, at=ana.at)
    assert default_view(ana.actor) == second
    first.refresh_from_db()
    assert not first.is_default
    told = Event.objects.filter(kind="alert_view.changed").order_by("id")
    assert [event.subject for event in told] == [first.subject, second.subject]
    assert len({event.command for event in told}) == 1
    commands.change_view(second.pk, {"is_default": False}, actor=ana.actor, at=ana.at)
    assert default_view(ana.actor) == ours


def test_what_is_deleted_comes_back_and_is_the_default_only_where_there_is_none(cast: Cast) -> None:
    first, ana = save(cast, is_default=True), cast("ana")
    commands.retire_view(first.pk, actor=ana.actor, at=ana.at)
    assert seen(cast, "ana") == []
    assert default_view(ana.actor) is None
    commands.retire_view(first.pk, actor=ana.actor, at=ana.at)
    assert Event.objects.filter(kind="alert_view.retired").count() == 1
    other = save(cast, name="Other", is_default=True)
    back = commands.restore_view(first.pk, actor=ana.actor, at=ana.at)
    assert not back.is_default
    assert default_view(ana.actor) == other
    commands.retire_view(first.pk, actor=ana.actor, at=ana.at)
    save(cast)
    assert refusal(commands.restore_view, first.pk, actor=ana.actor, at=ana.at) is ViewRefusal.NAME_TAKEN


def test_what_is_deleted_is_not_changed_and_takes_nothing_from_the_default(cast: Cast) -> None:
    gone, ana = save(cast, name="Gone"), cast("ana")
    commands.retire_view(gone.pk, actor=ana.actor, at=ana.at)
    kept = save(cast, is_default=True)
    for change in ({"is_default": True}, {"name": "Other"}):
        wrong = refusal(commands.change_view, gone.pk, change, actor=ana.actor, at=ana.at)
        assert wrong is Evaluate.VIEW_DELETED
    assert default_view(ana.actor) == kept


def test_the_same_name_saved_twice_at_once_is_kept_once(cast: Cast, database: Database) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            save(cast, is_default=True)
            outcomes.append("saved")
        except Refused as refused:
            outcomes.append(str(refused.reason))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", *["view_name_taken"] * 3]
    assert AlertView.objects.count() == 1


def test_nothing_changes_without_a_change(cast: Cast) -> None:
    row, ana = save(cast), cast("ana")
    commands.change_view(row.pk, {"name": "My night", "state": "open"}, actor=ana.actor, at=ana.at)
    assert Event.objects.filter(subject=row.subject).count() == 1
    with pytest.raises(ValueError, match="owner_id"):
        commands.change_view(row.pk, {"owner_id": 1}, actor=ana.actor, at=ana.at)
