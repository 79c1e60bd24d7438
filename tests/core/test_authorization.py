"""Keys in headers, and what an integration may do with its alerts."""

import pytest

from muster.core.authorization import key_after
from muster.core.permissions import Actor, ActorKind, Denied, Granted, Right, Role, decide

KEY = "aB3" * 10 + "xy"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (f"GenieKey {KEY}", KEY),
        (f"geniekey   {KEY} ", KEY),
        (f"  GenieKey {KEY}", KEY),
        ("GenieKey 11111111-2222-3333-4444-555555555555", "11111111222233334444555555555555"),
        (f"Bearer {KEY}", ""),
        (KEY, ""),
        ("GenieKey", ""),
        ("", ""),
    ],
)
def test_a_key_is_read_after_its_scheme_and_without_dashes(header: str, key: str) -> None:
    assert key_after("GenieKey", header) == key


SENDER = Actor(kind=ActorKind.INTEGRATION, id=3, scope="organisation")


@pytest.mark.parametrize("right", Right)
def test_an_integration_answers_alerts_of_its_own_scope_and_nothing_else(right: Right) -> None:
    """Deny by default (design section 10)."""
    may = right in (Right.READ, Right.RESPOND, Right.PAGE)
    assert decide(SENDER, right, within="organisation") is (Granted.SENDER if may else Denied.NOT_FOUND)
    assert decide(SENDER, right, within="service:1") is Denied.NOT_FOUND
    assert decide(SENDER, right, own=3, team=1, link="organisation") is Denied.NOT_FOUND
    assert decide(Actor(kind=ActorKind.INTEGRATION, id=3), right, within=None) is Denied.NOT_FOUND


def test_a_scope_gives_a_person_nothing() -> None:
    person = Actor(kind=ActorKind.PERSON, id=5, role=Role.STAKEHOLDER)
    assert decide(person, Right.RESPOND, within="organisation") is Denied.ROLE
