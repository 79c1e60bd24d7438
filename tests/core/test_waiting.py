"""Rules that wait: for a time, for repeats, until a thing is still (peer 12c)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.core.decision import Outcome, StepReason
from muster.core.evaluation import Rules, evaluate
from muster.core.matchers import AlertView, parse
from muster.core.routing import ServiceFacts
from muster.core.waiting import Count, Flapping, Wait, needs_history, wait_for

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALERT = AlertView(id=7, service="checkout", severity="critical", summary="x", opened_at=AT)
ALL = (parse("service=checkout"),)
FIVE_IN_TEN = Count("five", ALL, 5, 10 * MINUTE)


def seen(*minutes: float) -> AlertView:
    return replace(ALERT, seen=tuple(AT + minute * MINUTE for minute in minutes))


def came_and_went(*minutes: float) -> AlertView:
    return replace(ALERT, changes=tuple(AT + minute * MINUTE for minute in minutes))


def test_a_transient_alert_is_held_for_its_time_and_pages_at_the_end_of_it() -> None:
    rules = Rules({"checkout": ServiceFacts("checkout")}, waits=[Wait("calm", ALL, 5 * MINUTE)])
    held = evaluate(ALERT, rules, at=AT)
    assert (held.outcome, held.held_by, held.again_at) == (Outcome.HOLD, "wait:calm", AT + 5 * MINUTE)
    assert evaluate(ALERT, rules, at=AT + 5 * MINUTE).outcome is Outcome.PAGE


def test_four_times_are_too_few_and_the_fifth_pages() -> None:
    for times in range(1, 5):
        verdict = wait_for(seen(*range(times)), [FIVE_IN_TEN], AT + 4 * MINUTE)
        assert (verdict.reason, verdict.holds) == (StepReason.SEEN_TOO_RARELY, True)
        assert verdict.detail["seen"] == times
    verdict = wait_for(seen(0, 1, 2, 3, 9.99), [FIVE_IN_TEN], AT + 10 * MINUTE)
    assert (verdict.reason, verdict.holds) == (StepReason.SEEN_OFTEN_ENOUGH, False)


def test_five_times_in_eleven_minutes_are_too_slow() -> None:
    assert wait_for(seen(0, 2, 4, 6, 11), [FIVE_IN_TEN], AT + 11 * MINUTE).holds
    assert wait_for(seen(0, 2, 4, 6, 10), [FIVE_IN_TEN], AT + 10 * MINUTE).holds  # half-open


def test_counting_does_not_depend_on_how_late_one_looks() -> None:
    enough = seen(0, 1, 2, 3, 9)
    assert not wait_for(enough, [FIVE_IN_TEN], AT + 9 * MINUTE).holds
    assert not wait_for(enough, [FIVE_IN_TEN], AT + 12 * MINUTE).holds


def test_a_count_asks_to_be_looked_at_when_it_is_seen_again() -> None:
    rules = Rules({"checkout": ServiceFacts("checkout")}, waits=[FIVE_IN_TEN])
    decision = evaluate(replace(seen(0), count=3), rules, at=AT)
    assert (decision.again_count, decision.again_at) == (4, None)


def test_what_flaps_is_held_until_it_has_been_still() -> None:
    rule = Flapping("flaps", ALL, 3, 10 * MINUTE)
    assert not wait_for(came_and_went(0), [rule], AT).holds
    assert not wait_for(came_and_went(0, 1), [rule], AT + MINUTE).holds
    verdict = wait_for(came_and_went(0, 1, 2), [rule], AT + 2 * MINUTE)
    assert (verdict.reason, verdict.until) == (StepReason.FLAPPING, AT + 12 * MINUTE)
    assert not wait_for(came_and_went(0, 1, 2), [rule], AT + 12 * MINUTE).holds


def test_whoever_was_paged_is_not_made_to_wait() -> None:
    rules = [Wait("calm", ALL, 5 * MINUTE), FIVE_IN_TEN]
    assert wait_for(replace(ALERT, paged=True), rules, AT).reason is StepReason.PAGED_ALREADY


def test_the_first_rule_that_holds_is_named_and_others_do_not_matter() -> None:
    rules = [Wait("other", (parse("service=x"),), 9 * MINUTE), Wait("a", ALL, MINUTE), FIVE_IN_TEN]
    assert wait_for(ALERT, rules, AT).by == "wait:a"
    assert wait_for(ALERT, rules, AT + MINUTE).by == "count:five"


def test_how_far_back_rules_look() -> None:
    rules = [FIVE_IN_TEN, Flapping("f", ALL, 3, 30 * MINUTE), Count("c", ALL, 2, 20 * MINUTE)]
    assert needs_history(rules, Count) == 20 * MINUTE
    assert needs_history(rules, Flapping) == 30 * MINUTE
    assert needs_history([], Count) == timedelta(0)


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(2, 6), st.integers(1, 30))
def test_a_count_is_what_counting_by_hand_says(minutes: list[int], times: int, within: int) -> None:
    rule = Count("c", ALL, times, within * MINUTE)
    by_hand = any(sum(1 for other in minutes if one <= other < one + within) >= times for one in minutes)
    assert wait_for(seen(*minutes), [rule], AT + 60 * MINUTE).holds is not by_hand
