"""People: added by an admin, refused to others, guarded by PostgreSQL itself."""

import pytest
from django.db import DatabaseError, connection

from database import Database
from muster.core.permissions import Denied, Role
from muster.core.refusal import Refused
from muster.foundation.access import commands
from muster.foundation.access.models import Person
from muster.foundation.access.reasons import Invalid
from muster.foundation.timeline.models import Event, Link
from muster.foundation.timeline.sealer import seal_all
from people import Cast


def test_an_admin_adds_a_person_with_exactly_one_event(cast: Cast) -> None:
    """One row, one event, and the name is not in its payload."""
    admin = cast("admin")
    person = commands.add_person(
        actor=admin.actor, at=admin.at, handle="zoe", name="Zoe Q", role=Role.RESPONDER
    )
    [event] = Event.objects.filter(subject=person.subject)
    assert event.kind == "person.added"
    assert "Zoe" not in str(event.payload)
    assert event.texts.get(name="name").body == "Zoe Q"


def test_a_responder_may_not_add_people(cast: Cast) -> None:
    """Deny by default, inside the command."""
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.add_person(actor=ana.actor, at=ana.at, handle="zoe", name="Zoe", role=Role.ADMIN)
    assert refused.value.reason is Denied.ROLE
    assert not Person.objects.filter(handle="zoe").exists()


def test_the_last_admin_stays_one(cast: Cast) -> None:
    """Nobody can lock everybody out."""
    admin = cast("admin")
    with pytest.raises(Refused) as refused:
        commands.change_person(
            admin.actor.id or 0, {"role": Role.STAKEHOLDER}, actor=admin.actor, at=admin.at
        )
    assert refused.value.reason is Invalid.LAST_ADMIN


def test_postgresql_refuses_a_state_change_without_an_event(cast: Cast) -> None:
    """The guard holds for whoever writes past the pen."""
    with pytest.raises(DatabaseError, match="without an event"), connection.cursor() as cursor:
        cursor.execute("UPDATE access_person SET name = 'x' WHERE handle = 'ana'")


@pytest.mark.parametrize("sql", ["UPDATE timeline_event SET kind = 'x.y'", "DELETE FROM timeline_event"])
def test_the_application_cannot_change_events(cast: Cast, sql: str) -> None:
    """Its role has no such right."""
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(sql)


def test_even_the_owner_cannot_delete_events(cast: Cast, database: Database) -> None:
    """Triggers refuse what grants would let pass."""
    with pytest.raises(Exception, match="append-only"):
        database.as_owner("DELETE FROM timeline_event")


def test_sealing_is_gap_free_and_in_the_order_of_events(cast: Cast) -> None:
    """`seq` counts from 1 without gaps."""
    count = seal_all()
    assert count == Event.objects.count()
    assert list(Link.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, count + 1))
