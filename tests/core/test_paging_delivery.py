"""One message to one contact: who may send it, what its result does, when it is tried again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.core.claim import LEASE, ClaimReason, Subject, may_claim
from muster.core.delivery import (
    FINAL,
    MOVES,
    Accepted,
    Delivery,
    DeliveryRefusal,
    DeliveryState,
    ResultReason,
    answer,
    cancel,
    check_move,
    fail,
    fold,
    is_over,
    receive_receipt,
    record_result,
)
from muster.core.lifecycle import AlertState
from muster.core.outcome import PageOutcome, Sibling, hasten_next, page_outcome, step_outcome
from muster.core.refusal import Refused
from muster.core.retry import (
    BACK_OFF,
    LONGEST_RETRY_AFTER,
    MOST_ATTEMPTS,
    AttemptFailed,
    RetryReason,
    parse_retry_after,
    retry_at,
)

S = DeliveryState
T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
WANTED = Subject(AlertState.TRIGGERED)
QUEUED = Delivery(S.QUEUED, T0)


class Trouble(StrEnum):
    """A failure's reason, as a channel gives it."""

    TIMED_OUT = "timed_out"


TEMPORARY = AttemptFailed(permanent=False, reason=Trouble.TIMED_OUT)
PERMANENT = AttemptFailed(permanent=True, reason=Trouble.TIMED_OUT, detail="550")


def applied(delivery: Delivery, change) -> Delivery:
    """The row after the change, as far as the rules see it."""
    known = {name: value for name, value in change.set.items() if name in Delivery.__dataclass_fields__}
    return replace(delivery, **known)


def claimed(delivery: Delivery = QUEUED, at: datetime = T0) -> Delivery:
    return applied(delivery, may_claim(WANTED, delivery, at=at).change)


# The state machine


def test_every_arrow_that_does_not_stand_in_the_table_is_refused():
    for before in S:
        for after in S:
            if after in MOVES[before]:
                check_move(before, after)
                continue
            with pytest.raises(Refused) as refused:
                check_move(before, after)
            expected = DeliveryRefusal.ALREADY_THERE if before is after else DeliveryRefusal.NO_SUCH_MOVE
            if before in FINAL and before is not after:
                expected = DeliveryRefusal.ALREADY_FINAL
            assert refused.value.reason is expected


def test_four_states_are_final_and_accepted_is_where_there_are_no_receipts():
    assert (
        {state for state in S if not MOVES[state]}
        == FINAL
        == {S.ACKNOWLEDGED, S.FAILED, S.FOLDED, S.CANCELLED}
    )
    assert is_over(S.ACCEPTED, has_receipts=False)
    assert not is_over(S.ACCEPTED, has_receipts=True)
    assert is_over(S.DELIVERED, has_receipts=True)
    assert not is_over(S.QUEUED, has_receipts=False)


def test_receipts_that_come_twice_late_or_out_of_order_change_nothing():
    assert receive_receipt(S.ACCEPTED).set["state"] is S.DELIVERED
    assert receive_receipt(S.SENDING).set["state"] is S.DELIVERED
    for state in (S.DELIVERED, S.ACKNOWLEDGED, S.FAILED, S.QUEUED):
        with pytest.raises(Refused):
            receive_receipt(state)


def test_a_person_may_answer_before_the_result_was_recorded():
    assert answer(S.SENDING).set["state"] is S.ACKNOWLEDGED
    assert answer(S.ACCEPTED).kind == "delivery.acknowledged"
    with pytest.raises(Refused):
        answer(S.QUEUED)


def test_a_folded_delivery_names_its_carrier():
    change = fold(S.QUEUED, 7, ClaimReason.WANTED)
    assert (change.kind, change.set["state"], change.set["folded_into_id"]) == (
        "delivery.folded",
        S.FOLDED,
        7,
    )
    with pytest.raises(Refused):
        fold(S.SENDING, 7, ClaimReason.WANTED)


def test_what_has_gone_out_cannot_be_cancelled():
    with pytest.raises(Refused):
        cancel(S.ACCEPTED, ClaimReason.SUBJECT_ACKNOWLEDGED)


# The claim


def test_a_due_delivery_of_a_wanted_page_is_claimed_with_lease_and_fence():
    decision = may_claim(WANTED, QUEUED, at=T0)
    assert (decision.reason, decision.may_send) == (ClaimReason.WANTED, True)
    assert decision.change.kind == "delivery.claimed"
    assert decision.change.set == {"state": S.SENDING, "fence": 1, "lease_until": T0 + LEASE, "attempts": 1}


@pytest.mark.parametrize("state", [S.QUEUED, S.RETRYING])
@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (Subject(AlertState.ACKNOWLEDGED), ClaimReason.SUBJECT_ACKNOWLEDGED),
        (Subject(AlertState.RESOLVED), ClaimReason.SUBJECT_RESOLVED),
        (Subject(AlertState.TRIGGERED, wanted=False), ClaimReason.SUBJECT_SUPPRESSED),
        (Subject(AlertState.TRIGGERED, epoch=2), ClaimReason.SUPERSEDED),
    ],
)
def test_an_answered_page_is_not_sent_and_says_why(state, subject, reason):  # I8, mutant M08
    decision = may_claim(subject, replace(QUEUED, state=state), at=T0)
    assert (decision.reason, decision.may_send) == (reason, False)
    assert (decision.change.kind, decision.change.reason) == ("delivery.cancelled", reason)


def test_an_expired_lease_is_not_taken_again_for_an_acknowledged_subject():
    decision = may_claim(Subject(AlertState.ACKNOWLEDGED), claimed(), at=T0 + LEASE)
    assert (decision.reason, decision.change.set["state"]) == (ClaimReason.SUBJECT_ACKNOWLEDGED, S.CANCELLED)


def test_nothing_is_sent_before_it_is_due():
    assert may_claim(WANTED, QUEUED, at=T0 - MICROSECOND).reason is ClaimReason.NOT_DUE
    assert may_claim(WANTED, QUEUED, at=T0 - MICROSECOND).change is None


def test_a_lease_holds_until_its_last_microsecond_and_is_then_taken_with_a_higher_fence():
    held = claimed()
    assert may_claim(WANTED, held, at=T0 + LEASE - MICROSECOND).reason is ClaimReason.HELD_BY_ANOTHER
    again = may_claim(WANTED, held, at=T0 + LEASE)
    assert again.reason is ClaimReason.LEASE_EXPIRED
    assert again.may_send
    assert (again.change.set["fence"], again.change.set["attempts"]) == (2, 2)


@pytest.mark.parametrize("state", [S.ACCEPTED, S.DELIVERED, S.ACKNOWLEDGED, S.FAILED, S.FOLDED, S.CANCELLED])
def test_what_waits_no_more_is_not_claimed(state):
    decision = may_claim(WANTED, replace(QUEUED, state=state), at=T0 + timedelta(days=1))
    assert (decision.reason, decision.change) == (ClaimReason.NOT_WAITING, None)


def test_a_contact_that_is_gone_fails_the_delivery_so_that_the_next_one_follows():
    decision = may_claim(WANTED, QUEUED, at=T0, contact_usable=False)
    assert (decision.reason, decision.change.kind) == (ClaimReason.CONTACT_NOT_USABLE, "delivery.failed")


def test_a_delivery_that_kills_its_worker_each_time_is_given_up():  # I14
    delivery, at = QUEUED, T0
    for _ in range(MOST_ATTEMPTS):
        delivery, at = claimed(delivery, at), at + LEASE
    decision = may_claim(WANTED, delivery, at=at)
    assert (decision.reason, decision.change.set["state"]) == (ClaimReason.ATTEMPTS_SPENT, S.FAILED)


# The result


def test_success_is_recorded_by_who_holds_lease_and_fence():
    change = record_result(claimed(), 1, Accepted("<id@mx>"), at=T0 + SECOND)
    assert change.kind == "delivery.accepted"
    assert change.set["state"] is S.ACCEPTED
    assert change.set["accepted_at"] == T0 + SECOND
    assert change.text == {"receipt": "<id@mx>"}


def test_a_zombies_late_result_is_evidence_and_changes_nothing():  # I15, mutant M16
    taken_again = claimed(claimed(), T0 + LEASE)
    for result in (Accepted(), PERMANENT):
        late = record_result(taken_again, 1, result, at=T0 + LEASE + SECOND)
        assert (late.kind, dict(late.set), late.reason) == (
            "delivery.result_ignored",
            {},
            ResultReason.FENCE_LOST,
        )


def test_a_result_after_the_lease_ran_out_does_not_count_even_if_nobody_took_it():  # I15
    late = record_result(claimed(), 1, Accepted(), at=T0 + LEASE)
    assert (dict(late.set), late.reason) == ({}, ResultReason.LEASE_RAN_OUT)


def test_a_result_after_the_person_answered_does_not_undo_the_answer():
    answered = replace(claimed(), state=S.ACKNOWLEDGED)
    assert record_result(answered, 1, TEMPORARY, at=T0 + SECOND).reason is ResultReason.NOT_SENDING


def test_a_temporary_failure_is_tried_again_and_a_permanent_one_is_the_end():  # R4 of the reserve
    again = record_result(claimed(), 1, TEMPORARY, at=T0 + SECOND)
    assert (again.kind, again.set["state"], again.set["due_at"]) == (
        "delivery.retry_scheduled",
        S.RETRYING,
        T0 + SECOND + BACK_OFF[0],
    )
    end = record_result(claimed(), 1, PERMANENT, at=T0 + SECOND)
    assert (end.kind, end.set["state"], end.set["reason"]) == ("delivery.failed", S.FAILED, "timed_out")
    assert end.payload["detail"] == "550"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["claim", "ok", "temporary", "permanent", "answer"]),
            st.integers(0, 1),
            st.integers(0, 40),
        ),
        max_size=40,
    )
)
def test_two_workers_in_any_order_never_break_the_machine(steps):
    delivery, at, fences, finals = QUEUED, T0, {0: 0, 1: 0}, []
    results = {"ok": Accepted(), "temporary": TEMPORARY, "permanent": PERMANENT}
    for step, worker, seconds in steps:
        at += seconds * SECOND
        before = delivery
        if step == "claim":
            decision = may_claim(WANTED, delivery, at=at)
            if decision.change is not None:
                delivery = applied(delivery, decision.change)
            if decision.may_send:
                fences[worker] = delivery.fence
        elif step == "answer":
            if S.ACKNOWLEDGED in MOVES[delivery.state]:
                delivery = applied(delivery, answer(delivery.state))
        else:
            change = record_result(delivery, fences[worker], results[step], at=at)
            delivery = applied(delivery, change)
            if change.set:
                assert fences[worker] == before.fence
                assert before.lease_until is not None
                assert at < before.lease_until
        if delivery.state is not before.state:
            check_move(before.state, delivery.state)
        assert delivery.fence >= before.fence
        assert (delivery.state is S.SENDING) == (delivery.lease_until is not None)
        finals += [delivery.state] if delivery.state in FINAL else []
    assert len(set(finals)) <= 1


# Retrying


def test_waits_grow_and_then_it_is_given_up():
    waits = [retry_at(attempts, TEMPORARY, at=T0) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert [wait.due_at - T0 for wait in waits[:-1]] == list(BACK_OFF)
    assert waits[-1].reason is RetryReason.GIVEN_UP
    assert waits[-1].due_at is None
    assert sum(BACK_OFF, timedelta(0)) < timedelta(minutes=6)


@pytest.mark.parametrize(
    ("wished", "wait", "reason"),
    [
        (None, BACK_OFF[0], RetryReason.BACK_OFF),
        (timedelta(0), BACK_OFF[0], RetryReason.BACK_OFF),
        (timedelta(seconds=-1), BACK_OFF[0], RetryReason.BACK_OFF),
        (timedelta(seconds=20), timedelta(seconds=20), RetryReason.RETRY_AFTER),
        (timedelta(days=11574), LONGEST_RETRY_AFTER, RetryReason.RETRY_AFTER_BOUNDED),
    ],
)
def test_a_providers_wish_is_honoured_within_bounds(wished, wait, reason):
    decision = retry_at(1, replace(TEMPORARY, retry_after=wished), at=T0)
    assert (decision.due_at, decision.reason) == (T0 + wait, reason)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", timedelta(seconds=30)),
        (" 0 ", timedelta(0)),
        ("1000000000", LONGEST_RETRY_AFTER),
        ("9" * 5000, LONGEST_RETRY_AFTER),
        (format_datetime(T0 + 45 * SECOND, usegmt=True), timedelta(seconds=45)),
        (format_datetime(T0 - 45 * SECOND, usegmt=True), timedelta(0)),
        (format_datetime(T0 + timedelta(days=900), usegmt=True), LONGEST_RETRY_AFTER),
        ("1e9", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("٣٠", None),
        ("Mon, 99 Foo 2026 25:61:61 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_no_wish(header, wait):  # V: 429 with ...
    assert parse_retry_after(header, at=T0) == wait


# What became of it


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([], PageOutcome.FAILED),
        ([S.FAILED, S.FAILED], PageOutcome.FAILED),
        ([S.FAILED, S.QUEUED], PageOutcome.PENDING),
        ([S.FAILED, S.RETRYING], PageOutcome.PENDING),
        ([S.FAILED, S.ACCEPTED], PageOutcome.REACHED),
        ([S.QUEUED, S.DELIVERED], PageOutcome.REACHED),
        ([S.QUEUED, S.ACKNOWLEDGED], PageOutcome.ANSWERED),
        ([S.FAILED, S.CANCELLED], PageOutcome.ENDED),
    ],
)
def test_a_page_stands_where_its_best_delivery_stands(states, outcome):
    assert page_outcome(states) is outcome


def test_a_step_has_failed_only_when_all_its_pages_have():
    assert step_outcome([PageOutcome.FAILED, PageOutcome.PENDING]) is PageOutcome.PENDING
    assert step_outcome([PageOutcome.FAILED, PageOutcome.REACHED]) is PageOutcome.REACHED
    assert step_outcome([PageOutcome.FAILED, PageOutcome.FAILED]) is PageOutcome.FAILED
    assert step_outcome([PageOutcome.ENDED, PageOutcome.FAILED]) is PageOutcome.ENDED
    assert step_outcome([]) is PageOutcome.FAILED


def test_when_a_contact_fails_the_next_one_is_due_now():  # I5
    siblings = [
        Sibling(1, S.FAILED, T0),
        Sibling(3, S.QUEUED, T0 + 600 * SECOND),
        Sibling(2, S.QUEUED, T0 + 300 * SECOND),
    ]
    found = hasten_next(siblings, at=T0 + SECOND)
    assert found is not None
    number, change = found
    assert (number, change.kind, change.set) == (2, "delivery.hastened", {"due_at": T0 + SECOND})


def test_nothing_is_hastened_once_something_has_reached_the_person():
    later = Sibling(2, S.QUEUED, T0 + 300 * SECOND)
    assert hasten_next([Sibling(1, S.ACCEPTED, T0), later], at=T0) is None
    assert hasten_next([Sibling(1, S.FAILED, T0), replace(later, due_at=T0)], at=T0) is None
    assert hasten_next([Sibling(1, S.FAILED, T0)], at=T0) is None


def test_failing_twice_is_refused():
    assert fail(S.QUEUED, Trouble.TIMED_OUT).set["reason"] == "timed_out"
    with pytest.raises(Refused):
        fail(S.FAILED, Trouble.TIMED_OUT)
