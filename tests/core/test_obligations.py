"""Everything owed by when: what is armed, when it is due, how it ends (R8 to R11, R14, R22, R28, R53)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from muster.core.calendar import Calendar
from muster.core.obligations import (
    Kind,
    MetHow,
    ObligationRefusal,
    Owed,
    State,
    SupersededBy,
    acknowledge,
    action_item,
    arm,
    armed_at_declaration,
    armed_at_resolution,
    breach,
    handover,
    meet,
    next_update,
    ready,
    rearmed,
    remind,
    reminders,
    supersede,
    waive,
)
from muster.core.refusal import Refused
from muster.foundation.standard.presets import preset

STANDARD = preset()
OFFICE = Calendar("Europe/Madrid")
MADRID = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
FRIDAY_EVENING = datetime(2026, 3, 6, 18, tzinfo=MADRID)


def due(owed: tuple[Owed, ...]) -> dict[str, timedelta]:
    """Each thing owed and how long after AT it is due."""
    return {":".join(filter(None, item.key)): item.due_at - AT for item in owed}


def minutes(**kinds: int) -> dict[str, timedelta]:
    return {kind.replace("__", ":"): timedelta(minutes=count) for kind, count in kinds.items()}


def test_a_sev1_owes_from_the_first_instant() -> None:
    # R8, R14, R28, R35, R41
    owed = armed_at_declaration(STANDARD, "SEV1", at=AT, calendar=OFFICE, commanded=True)
    assert due(owed) == minutes(
        acknowledge_by=5,
        respond_by=15,
        roles_by=5,
        status_check_by=10,
        handover_by=240,
        update_by__internal=5,
        update_by__executives=5,
        update_by__external=5,
    )


def test_without_a_commander_a_clock_runs_for_one() -> None:
    # R16
    owed = due(armed_at_declaration(STANDARD, "SEV2", at=AT, calendar=OFFICE, commanded=False))
    assert owed["commander_by"] == timedelta(minutes=5)
    assert owed["respond_by"] == timedelta(minutes=30)
    assert "handover_by" not in owed


def test_a_sev3_owes_an_answer_and_a_fix() -> None:
    # R10
    owed = armed_at_declaration(STANDARD, "SEV3", at=AT, calendar=OFFICE, commanded=False)
    assert due(owed) == {
        "acknowledge_by": timedelta(minutes=15),
        "respond_by": timedelta(hours=24),
        "fix_by": timedelta(days=3),
    }
    fix = next(item for item in owed if item.kind is Kind.FIX_BY)
    assert fix.reminders == (AT + timedelta(days=1),)


def test_a_sev3_of_friday_evening_is_due_on_working_days() -> None:
    owed = armed_at_declaration(STANDARD, "SEV3", at=FRIDAY_EVENING, calendar=OFFICE, commanded=False)
    times = {item.kind: item.due_at.astimezone(MADRID) for item in owed}
    assert times[Kind.ACKNOWLEDGE_BY] == datetime(2026, 3, 9, 9, 15, tzinfo=MADRID)
    assert times[Kind.RESPOND_BY] == datetime(2026, 3, 9, 18, tzinfo=MADRID)
    assert times[Kind.FIX_BY] == datetime(2026, 3, 11, 18, tzinfo=MADRID)


def test_a_sev4_pages_nobody_and_no_clock_runs() -> None:
    # R11
    assert armed_at_declaration(STANDARD, "SEV4", at=AT, calendar=OFFICE, commanded=False) == ()


def test_a_level_without_an_acknowledge_time_asks_for_none() -> None:
    level = replace(STANDARD.severity("SEV1"), acknowledge_within=None)
    assert acknowledge(level, at=AT, calendar=OFFICE) is None


@pytest.mark.parametrize(
    ("severity", "is_major", "is_owed"),
    [("SEV1", False, True), ("SEV2", False, True), ("SEV3", False, False), ("SEV3", True, True)],
)
def test_readiness_is_owed_in_mobilized_and_major_incidents(
    severity: str, is_major: bool, is_owed: bool
) -> None:
    # R22
    owed = ready(STANDARD, severity, is_major=is_major, notified_at=AT)
    assert (owed is not None) == is_owed
    assert owed is None or owed.due_at == AT + timedelta(minutes=15)


def test_document_000_asks_for_readiness_in_major_incidents_only() -> None:
    assert ready(preset("000"), "SEV1", is_major=False, notified_at=AT) is None
    assert ready(preset("000"), "SEV1", is_major=True, notified_at=AT) is not None


UPDATES = [
    (None, 15),
    (timedelta(minutes=10), 10),
    (timedelta(minutes=15), 15),
    (timedelta(minutes=40), 15),
    (timedelta(0), 15),
    (timedelta(minutes=-5), 15),
]


@pytest.mark.parametrize(("promised", "wanted"), UPDATES)
def test_a_promised_update_is_owed_when_it_is_earlier(promised: timedelta | None, wanted: int) -> None:
    # R14
    level = STANDARD.severity("SEV1")
    owed = next_update(level, "internal", at=AT, promised=AT + promised if promised is not None else None)
    assert owed is not None
    assert owed.due_at == AT + timedelta(minutes=wanted)


def test_without_a_timer_only_a_promise_is_owed() -> None:
    level = STANDARD.severity("SEV3")
    assert next_update(level, "internal", at=AT) is None
    promised = next_update(level, "internal", at=AT, promised=AT + timedelta(hours=1))
    assert promised is not None
    assert promised.due_at == AT + timedelta(hours=1)


def test_three_clocks_start_at_resolution() -> None:
    # R53: five business days after Friday 18:00 is the Friday after
    owed = {item.kind: item.due_at for item in armed_at_resolution(
        STANDARD, resolved_at=FRIDAY_EVENING, calendar=OFFICE
    )}  # fmt: skip
    assert owed == {
        Kind.POSTMORTEM_DRAFT_BY: FRIDAY_EVENING + timedelta(hours=24),
        Kind.POSTMORTEM_DONE_BY: FRIDAY_EVENING + timedelta(hours=48),
        Kind.POSTMORTEM_MEETING_BY: datetime(2026, 3, 13, 18, tzinfo=MADRID),
    }


ITEMS = [
    ("SEV1", None, 14),
    ("SEV1", 7, 7),
    ("SEV1", 20, 14),
    ("SEV2", None, 28),
    ("SEV3", 90, 90),
    ("SEV3", None, None),
    ("SEV1", -1, 0),
]


@pytest.mark.parametrize(("severity", "own_days", "due_days"), ITEMS)
def test_an_action_item_is_due_by_its_own_date_or_its_severity(
    severity: str, own_days: int | None, due_days: int | None
) -> None:
    # R57
    own = None if own_days is None else AT + timedelta(days=own_days)
    owed = action_item(STANDARD, severity, created_at=AT, due_at=own)
    assert (owed.due_at - AT if owed else None) == (None if due_days is None else timedelta(days=due_days))


def test_command_is_handed_over_after_four_hours_and_again() -> None:
    # R28
    assert handover(STANDARD, at=AT).due_at == AT + timedelta(hours=4)
    later = AT + timedelta(hours=4)
    assert handover(STANDARD, at=later).due_at == AT + timedelta(hours=8)


# A change of severity

OPEN = [
    (Kind.RESPOND_BY, ""),
    (Kind.UPDATE_BY, "internal"),
    (Kind.HANDOVER_BY, ""),
    (Kind.READY_BY, ""),
]


def test_a_worse_severity_arms_anew_and_supersedes_what_was_open() -> None:
    change = rearmed(STANDARD, "SEV1", open_keys=OPEN, met_keys=[], at=AT, calendar=OFFICE, commanded=True)
    assert change.superseded == ((Kind.RESPOND_BY, ""), (Kind.UPDATE_BY, "internal"))
    assert Kind.HANDOVER_BY not in {owed.kind for owed in change.armed}
    assert due(change.armed)["respond_by"] == timedelta(minutes=15)


def test_what_was_met_is_not_asked_for_again_but_updates_are() -> None:
    met = [
        (Kind.RESPOND_BY, ""),
        (Kind.ACKNOWLEDGE_BY, ""),
        (Kind.ROLES_BY, ""),
        (Kind.UPDATE_BY, "internal"),
    ]
    change = rearmed(STANDARD, "SEV1", open_keys=OPEN, met_keys=met, at=AT, calendar=OFFICE, commanded=True)
    assert due(change.armed) == minutes(
        status_check_by=10, update_by__internal=15, update_by__executives=5, update_by__external=5
    )


def test_a_milder_severity_drops_what_it_does_not_ask_for() -> None:
    change = rearmed(STANDARD, "SEV4", open_keys=OPEN, met_keys=[], at=AT, calendar=OFFICE, commanded=True)
    assert change.armed == ()
    assert change.superseded == ((Kind.RESPOND_BY, ""), (Kind.UPDATE_BY, "internal"))


# How one moves


def test_arming_copies_the_due_time_and_the_first_reminder() -> None:
    change = arm(Owed(Kind.UPDATE_BY, AT, AT + timedelta(minutes=15), "internal", (AT + MICRO,)))
    assert change.kind == "obligation.armed"
    assert change.set == {
        "kind": "update_by",
        "audience": "internal",
        "state": "armed",
        "armed_at": AT,
        "due_at": AT + timedelta(minutes=15),
        "remind_at": AT + MICRO,
    }


def test_the_due_instant_is_in_time_and_one_microsecond_later_is_not() -> None:
    assert meet("armed", due_at=AT, at=AT).reason is MetHow.IN_TIME
    late = meet("armed", due_at=AT, at=AT + MICRO)
    assert late.reason is MetHow.LATE
    assert late.set["breached_at"] == AT
    with pytest.raises(Refused) as refused:
        breach("armed", due_at=AT, at=AT)
    assert refused.value.reason is ObligationRefusal.NOT_DUE_YET
    assert breach("armed", due_at=AT, at=AT + MICRO).set["breached_at"] == AT


def test_what_was_breached_can_still_be_met_late_and_stays_breached() -> None:
    change = meet("breached", due_at=AT, at=AT + timedelta(hours=1))
    assert (change.set["state"], change.reason) == ("met", MetHow.LATE)
    assert "breached_at" not in change.set


@pytest.mark.parametrize("state", [State.MET, State.SUPERSEDED, State.WAIVED])
def test_what_is_over_does_not_move(state: State) -> None:
    for call in (
        lambda: meet(state, due_at=AT, at=AT),
        lambda: breach(state, due_at=AT, at=AT + MICRO),
        lambda: supersede(state, SupersededBy.SEVERITY),
        lambda: waive(state, why="x"),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.reason is ObligationRefusal.OVER


def test_a_breach_happens_once() -> None:
    with pytest.raises(Refused):
        breach("breached", due_at=AT, at=AT + MICRO)


def test_a_waiver_needs_a_reason() -> None:
    with pytest.raises(Refused) as refused:
        waive("armed", why=" ")
    assert refused.value.reason is ObligationRefusal.REASON_NEEDED
    assert waive("armed", why="a drill").text == {"why": "a drill"}


def test_an_obligation_without_a_due_time_is_never_breached() -> None:
    assert meet("armed", due_at=None, at=AT).reason is MetHow.IN_TIME
    with pytest.raises(Refused):
        breach("armed", due_at=None, at=AT)


def test_reminders_come_before_the_due_time_and_end() -> None:
    due_at = AT + timedelta(hours=24)
    first, second = reminders(AT, due_at)
    assert AT < first < second < due_at
    assert remind(armed_at=AT, due_at=due_at, at=first).set == {"remind_at": second}
    assert remind(armed_at=AT, due_at=due_at, at=second).set == {"remind_at": None}
    assert reminders(AT, AT + timedelta(minutes=15)) == (AT + timedelta(minutes=10),)
    assert reminders(AT, AT + timedelta(seconds=60)) == ()
