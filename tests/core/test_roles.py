"""Who holds which role, who may give it, and how command changes hands (R15, R16, R20, R28)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from muster.core.refusal import Refused
from muster.core.roles import (
    COMMANDER,
    COMMUNICATIONS_LEAD,
    OPERATIONS_LEAD,
    PLANNING_LEAD,
    SCRIBE,
    SUBJECT_MATTER_EXPERT,
    Deviation,
    Handover,
    HeldHow,
    Holder,
    MayAssign,
    RoleRefusal,
    Taken,
    claim,
    deviations,
    first_commander,
    give,
    holder_of,
    holders,
    may_assign,
    release,
    start_handover,
    take_over,
    undelegated,
)
from muster.foundation.standard.presets import preset

STANDARD = preset()
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
ANA, BEN, CLEO = 1, 2, 3
LED = {COMMANDER: [ANA], OPERATIONS_LEAD: [BEN]}
DONE = Handover(ANA, BEN, AT, reported_at=AT, offered_at=AT)
SHADOWED = AT + timedelta(minutes=15)


def refusal_of(function: object, *args: object, **kwargs: object) -> object:
    with pytest.raises(Refused) as refused:
        function(*args, **kwargs)  # type: ignore[operator]
    return refused.value.reason


@pytest.mark.parametrize("role", [OPERATIONS_LEAD, COMMUNICATIONS_LEAD, SCRIBE, PLANNING_LEAD, COMMANDER])
def test_the_commander_holds_every_role_that_nobody_was_given(role: str) -> None:
    assert holder_of(role, {COMMANDER: [ANA]}).people == (ANA,)


def test_delegating_one_role_moves_only_that_one() -> None:
    held = holders(STANDARD, LED)
    assert held[OPERATIONS_LEAD] == Holder((BEN,), HeldHow.GIVEN)
    assert held[SCRIBE] == Holder((ANA,), HeldHow.NOT_DELEGATED)
    assert list(held)[: len(STANDARD.roles.in_use)] == list(STANDARD.roles.in_use)


def test_without_a_commander_every_role_is_vacant_and_says_so() -> None:
    assert holder_of(SCRIBE, {}) == Holder((), HeldHow.NO_COMMANDER)


def test_an_own_role_is_shown_too() -> None:
    assert holders(STANDARD, {**LED, "translator": [CLEO]})["translator"].people == (CLEO,)


def test_the_required_roles_that_nobody_was_given_are_named() -> None:
    # R20
    assert undelegated(STANDARD, LED) == (COMMUNICATIONS_LEAD, SCRIBE)


@pytest.mark.parametrize(
    ("name", "commander"), [("default", ANA), ("002", ANA), ("001", None), ("004", None)]
)
def test_the_standard_says_whether_the_declarer_commands(name: str, commander: int | None) -> None:
    # R16
    assert first_commander(preset(name), ANA) == commander


@pytest.mark.parametrize(
    ("person", "assignments", "is_manager", "answer"),
    [
        (ANA, LED, False, MayAssign.COMMANDER),
        (BEN, LED, False, MayAssign.ONLY_THE_COMMANDER),
        (CLEO, LED, True, MayAssign.ON_BEHALF),
        (BEN, {}, False, MayAssign.NO_COMMANDER_YET),
    ],
)
def test_who_may_give_a_role(
    person: int, assignments: dict[str, list[int]], is_manager: bool, answer: MayAssign
) -> None:
    assert may_assign(person, assignments, is_manager=is_manager) is answer


def test_giving_a_role_names_who_had_it() -> None:
    change = give(STANDARD, OPERATIONS_LEAD, CLEO, LED, MayAssign.COMMANDER)
    assert change.kind == "incident.role_given"
    assert change.payload == {
        "role": OPERATIONS_LEAD,
        "person": CLEO,
        "before": [BEN],
        "by": "commander",
    }


def test_several_people_may_be_experts() -> None:
    change = give(
        STANDARD, SUBJECT_MATTER_EXPERT, CLEO, {**LED, SUBJECT_MATTER_EXPERT: [BEN]}, MayAssign.COMMANDER
    )
    assert change.payload["before"] == []


def test_a_role_is_not_given_by_a_stranger_nor_twice_nor_under_an_unknown_name() -> None:
    stranger = refusal_of(give, STANDARD, SCRIBE, CLEO, LED, MayAssign.ONLY_THE_COMMANDER)
    assert stranger is RoleRefusal.ONLY_THE_COMMANDER
    twice = refusal_of(give, STANDARD, OPERATIONS_LEAD, BEN, LED, MayAssign.COMMANDER)
    assert twice is RoleRefusal.ALREADY_HOLDS_IT
    unknown = refusal_of(give, STANDARD, "jester", BEN, LED, MayAssign.COMMANDER)
    assert unknown is RoleRefusal.UNKNOWN_ROLE


def test_a_released_role_falls_to_the_commander() -> None:
    assert release(OPERATIONS_LEAD, BEN, LED).kind == "incident.role_released"
    assert refusal_of(release, SCRIBE, BEN, LED) is RoleRefusal.DOES_NOT_HOLD_IT


def test_command_is_never_simply_dropped() -> None:
    # R4: such an incident is not left without a commander
    assert refusal_of(release, COMMANDER, ANA, LED) is RoleRefusal.COMMAND_IS_HANDED_OVER


def test_command_can_be_claimed_while_vacant() -> None:
    change = claim(CLEO, {})
    assert (change.kind, change.set, change.reason) == (
        "incident.commander_changed",
        {"commander_id": CLEO},
        Taken.CLAIMED,
    )
    assert refusal_of(claim, CLEO, LED) is RoleRefusal.COMMAND_IS_TAKEN
    assert refusal_of(claim, ANA, LED) is RoleRefusal.ALREADY_HOLDS_IT


def test_a_manager_assigns_command_and_the_record_says_on_whose_behalf() -> None:
    change = give(STANDARD, COMMANDER, CLEO, LED, MayAssign.ON_BEHALF)
    assert change.set == {"commander_id": CLEO}
    assert change.payload == {"role": COMMANDER, "person": CLEO, "before": ANA, "on_behalf": True}


# Handing over (R28)


def test_a_complete_handover_passes_command() -> None:
    change = take_over(STANDARD, DONE, BEN, at=SHADOWED)
    assert change.reason is Taken.HANDED_OVER
    assert change.payload["before"] == ANA
    assert change.payload["deviations"] == []


MISSING = [
    (replace(DONE, reported_at=None), SHADOWED, (Deviation.NOT_REPORTED,), RoleRefusal.STEP_OUT_OF_ORDER),
    (replace(DONE, offered_at=None), SHADOWED, (Deviation.NOT_OFFERED,), RoleRefusal.STEP_OUT_OF_ORDER),
    (
        DONE,
        SHADOWED - timedelta(microseconds=1),
        (Deviation.SHADOW_CUT_SHORT,),
        RoleRefusal.SHADOW_TOO_SHORT,
    ),
]


@pytest.mark.parametrize(("handover", "at", "missing", "reason"), MISSING)
def test_a_step_left_out_needs_a_reason_and_is_recorded(
    handover: Handover, at: datetime, missing: tuple[Deviation, ...], reason: RoleRefusal
) -> None:
    assert deviations(STANDARD, handover, at=at) == missing
    assert refusal_of(take_over, STANDARD, handover, BEN, at=at) is reason
    change = take_over(STANDARD, handover, BEN, at=at, why="she has fallen ill")
    assert change.payload["deviations"] == [deviation.value for deviation in missing]
    assert change.text == {"why": "she has fallen ill"}


def test_only_the_named_successor_takes_over() -> None:
    assert refusal_of(take_over, STANDARD, DONE, CLEO, at=SHADOWED) is RoleRefusal.NOT_THE_SUCCESSOR
    assert refusal_of(take_over, STANDARD, None, BEN, at=SHADOWED) is RoleRefusal.NO_HANDOVER


def test_a_handover_needs_two_people() -> None:
    assert start_handover(ANA, BEN, at=AT).payload["shadow_since"] == AT
    assert refusal_of(start_handover, ANA, ANA, at=AT) is RoleRefusal.ALREADY_HOLDS_IT
    assert refusal_of(start_handover, None, ANA, at=AT) is RoleRefusal.NO_HANDOVER
