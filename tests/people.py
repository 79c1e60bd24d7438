"""Who appears in the tests: an admin, a manager, two responders, a stakeholder, an auditor and a stranger."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from database import Database
from muster.core.permissions import Role, system
from muster.foundation.access import commands, queries
from muster.foundation.access.queries import Arrival
from muster.foundation.catalog.commands import ensure_reserved


@dataclass(frozen=True)
class Cast:
    """People by handle, as they arrive now."""

    token: str

    def __call__(self, handle: str) -> Arrival:
        """This person as an actor, with the database's time now."""
        return queries.arrival_by_handle(handle)

    def id(self, handle: str) -> int:
        """The number of this person."""
        return queries.person_by_handle(handle).pk


@pytest.fixture
def cast(database: Database) -> Cast:
    """admin, cleo (manager), ana and ben (responders), sam (stakeholder), ada (auditor), pia (owner)."""
    first = commands.begin_first_run(at=queries.now())
    assert first is not None
    ensure_reserved(at=queries.now())
    actor = system("tests")
    for handle, role in (
        ("cleo", Role.MANAGER),
        ("ana", Role.RESPONDER),
        ("ben", Role.RESPONDER),
        ("sam", Role.STAKEHOLDER),
        ("ada", Role.AUDITOR),
        ("pia", Role.PROCESS_OWNER),
    ):
        address = f"{handle}@example.com"
        commands.add_person(
            actor=actor, at=queries.now(), handle=handle, name=handle.title(), role=role, email=address
        )
    return Cast(first.token)


@pytest.fixture
def reach(cast: Cast) -> Callable[[str], None]:
    """Give a person a verified e-mail address."""

    def give(handle: str) -> None:
        commands.put_contact(
            cast.id(handle),
            actor=system("tests"),
            at=queries.now(),
            kind="email",
            target={"address": f"{handle}@example.com"},
            verified=True,
        )

    return give
