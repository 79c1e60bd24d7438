"""What is suggested against noise, and above all what is not (R43)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from muster.core.noise import Feedback, Firing, Interruption
from muster.core.remedies import Pattern, Remedy, Suggestion, suggestions
from muster.core.rule_form import RuleKind, read_rule

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def firing(number: int, *, lasted: float | None = 90, at: datetime | None = None, **more: Any) -> Firing:
    """An alert that paged Ana at night and was closed by its sender after so many minutes."""
    opened = at or AT + number * 3 * HOUR
    said = {
        "closed_at": None if lasted is None else opened + lasted * MINUTE,
        "closed_by_sender": lasted is not None,
        "group": number,
        "interruptions": (Interruption(1, opened, date(2026, 3, number % 28 + 1)),),
    }
    return Firing(number, opened, **(said | more))


def pattern(*firings: Firing, **more: Any) -> Pattern:
    return Pattern("checkout", "am", "Probe from eu-1 failed", firings, **({"rule": "ProbeFailed"} | more))


def marked(one: Firing, *said: Feedback, service: str = "") -> Firing:
    return replace(one, said=tuple((word, service) for word in said))


def remedies(one: Pattern, *beside: Pattern) -> list[Remedy]:
    return [found.remedy for found in suggestions(one, (one, *beside))]


def only(one: Pattern, remedy: Remedy, *beside: Pattern) -> Suggestion:
    [found] = [found for found in suggestions(one, (one, *beside)) if found.remedy is remedy]
    return found


def test_what_passes_by_itself_is_paused_for_the_shortest_time_that_spares_most() -> None:
    short = [firing(n, lasted=3.5) for n in range(38)]
    long = [firing(n, lasted=120, acted=True) for n in range(38, 41)]
    found = only(pattern(*short, *long), Remedy.PAUSE)
    assert (found.hits, found.of, found.spares) == (38, 41, 38)
    assert found.fields == {"lasts": "5m"}
    assert found.facts == {"within_minutes": 4}
    assert [str(one) for one in found.matchers] == [
        'integration="am"',
        'service="checkout"',
        'alertname="ProbeFailed"',
    ]


@pytest.mark.parametrize(
    "firings",
    [
        [firing(n, lasted=2) for n in range(4)],
        [firing(n, lasted=2) for n in range(7)] + [firing(n, lasted=90) for n in range(7, 10)],
        [firing(n, lasted=2, acted=True) for n in range(10)],
        [firing(n, lasted=2, incident=True) for n in range(10)],
        [firing(n, lasted=2, closed_by_sender=False) for n in range(10)],
        [firing(n, lasted=None) for n in range(10)],
        [firing(n, lasted=2, group=None) for n in range(10)],
    ],
    ids=["too few", "too many last", "people acted", "incidents", "closed by hand", "open", "held already"],
)
def test_nothing_is_paused_without_enough_that_passed_alone(firings: list[Firing]) -> None:
    assert Remedy.PAUSE not in remedies(pattern(*firings))


def test_a_delay_needs_the_real_ones_to_come_as_often() -> None:
    idle = [firing(n, count=1) for n in range(9)]
    real = firing(9, count=12, last_seen_at=AT + 27 * HOUR + 44 * MINUTE, acted=True)
    found = only(pattern(*idle, real), Remedy.DELAY)
    assert (found.hits, found.of) == (9, 10)
    assert found.fields == {"times": 3, "within": "15m"}
    assert Remedy.DELAY not in remedies(pattern(*idle, replace(real, count=2)))
    assert Remedy.DELAY not in remedies(pattern(*idle)), "nothing shows that a real one would come through"


def flapping(lasted: float = 2, *, keys: int = 1, every: float = 4) -> list[Firing]:
    """Twelve alerts that come and go, of so many things in turn."""
    return [firing(n, at=AT + n * every * MINUTE, lasted=lasted, key=f"probe-{n % keys}") for n in range(12)]


def test_what_comes_and_goes_is_held_until_it_is_still() -> None:
    """The first two have paged before anybody knows."""
    found = only(pattern(*flapping()), Remedy.STEADY)
    assert found.fields == {"changes": 5, "within": "15m"}
    assert (found.hits, found.of, found.spares) == (10, 12, 10)
    assert found.kind is RuleKind.FLAPPING


@pytest.mark.parametrize(
    "firings",
    [
        flapping(keys=6),
        flapping(every=60),
        [replace(one, acted=one.alert == 9) for one in flapping()],
        [replace(one, closed_by_sender=False) for one in flapping()],
        flapping()[:6],
        [*flapping(), *[firing(n) for n in range(12, 30)]],
    ],
    ids=["other things", "seldom", "people acted on one", "closed by hand", "too few", "few of many"],
)
def test_nothing_is_held_as_flapping_without_enough_that_flaps(firings: list[Firing]) -> None:
    assert Remedy.STEADY not in remedies(pattern(*firings))


def test_a_burst_is_gathered_within_the_shortest_time_that_halves_it() -> None:
    burst = [firing(n, at=AT + n * 2 * MINUTE, lasted=60) for n in range(12)]
    found = only(pattern(*burst), Remedy.GROUP)
    assert found.fields == {"within": "5m", "by": ["alertname"]}
    assert (found.of, found.facts["then"], found.hits) == (12, 4, 8)
    by_text = only(pattern(*burst, rule=""), Remedy.GROUP)
    assert by_text.fields == {"within": "5m", "alike": True}
    assert Remedy.GROUP not in remedies(pattern(*[firing(n) for n in range(12)])), "they came hours apart"
    gone = [firing(n, at=AT + n * 2 * MINUTE, lasted=1) for n in range(12)]
    assert Remedy.GROUP not in remedies(pattern(*gone)), "a group that is over gathers nothing"


def test_urgency_is_lowered_where_nobody_ever_acts() -> None:
    idle = [firing(n, urgent=True, acknowledged=True) for n in range(10)]
    found = only(pattern(*idle), Remedy.CALM)
    assert (found.fields, found.hits, found.facts) == ({"urgency": "low"}, 10, {"nights": 10})
    acted = [replace(one, acted=True) for one in idle[:3]]
    assert Remedy.CALM not in remedies(pattern(*acted, *idle[3:]))
    assert Remedy.CALM not in remedies(pattern(*idle, firing(11, urgent=True, incident=True)))
    assert Remedy.CALM not in remedies(pattern(*[replace(one, urgent=False) for one in idle]))
    unknown = [replace(one, acknowledged=False, closed_at=None) for one in idle]
    assert Remedy.CALM not in remedies(pattern(*unknown)), "they are open: nobody knows yet"


def test_noise_is_dropped_for_a_time_where_people_say_so() -> None:
    said = [marked(firing(n), Feedback.NOISE) for n in range(9)]
    found = only(pattern(*said, marked(firing(9), Feedback.USEFUL)), Remedy.DROP)
    assert (found.hits, found.of, found.fields) == (9, 10, {"drop": True})
    assert found.lasts == timedelta(days=28)
    assert Remedy.DROP not in remedies(pattern(*said[:2]))
    assert Remedy.DROP not in remedies(pattern(*said, firing(10, incident=True)))
    assert Remedy.DROP not in remedies(pattern(*said[:4], *[marked(firing(9), Feedback.USEFUL)] * 2))


def test_what_went_wrong_is_sent_where_most_say_that_it_belongs() -> None:
    wrong = [marked(firing(n), Feedback.WRONG_TARGET, service="orders") for n in range(12)]
    unsure = [marked(firing(n), Feedback.WRONG_TARGET) for n in range(12, 14)]
    other = marked(firing(14), Feedback.USEFUL)
    found = only(pattern(*wrong, *unsure, other), Remedy.REROUTE)
    assert (found.hits, found.of, found.fields) == (14, 15, {"service": "orders"})
    assert found.facts == {"service": "orders", "named": 12}
    split = [marked(firing(n), Feedback.WRONG_TARGET, service="mail") for n in range(6)]
    assert Remedy.REROUTE not in remedies(pattern(*wrong[:6], *split))
    assert Remedy.REROUTE not in remedies(pattern(*unsure * 3)), "nobody knows where"


def test_a_duplicate_is_held_while_what_explains_it_is_open() -> None:
    seconds = [marked(firing(n, lasted=10), Feedback.DUPLICATE) for n in range(8)]
    cause = pattern(*[firing(100 + n, at=one.opened_at - MINUTE, lasted=30) for n, one in enumerate(seconds)])
    cause = replace(cause, rule="DatabaseDown")
    found = only(pattern(*seconds), Remedy.EXPLAIN, cause)
    assert found.fields == {"source": ['integration="am"', 'service="checkout"', 'alertname="DatabaseDown"']}
    assert found.facts == {"covered": 8, "fired": 8, "other": "DatabaseDown"}
    assert Remedy.EXPLAIN not in remedies(pattern(*seconds)), "nothing explains it"
    elsewhere = replace(cause, service="orders")
    assert Remedy.EXPLAIN not in remedies(pattern(*seconds), elsewhere)


def test_what_most_call_useful_is_left_alone() -> None:
    useful = [marked(firing(n, lasted=2), Feedback.USEFUL) for n in range(10)]
    assert remedies(pattern(*useful)) == []


def test_an_event_rule_that_would_change_other_services_alerts_is_not_suggested() -> None:
    """Event rules come before routing, so they cannot tell services apart."""
    idle = [firing(n, urgent=True, acknowledged=True, lasted=2) for n in range(10)]
    assert Remedy.CALM in remedies(pattern(*idle))
    found = suggestions(pattern(*idle, elsewhere=True))
    assert {one.kind for one in found} == {RuleKind.WAIT}


def test_without_a_rule_name_the_texts_shape_is_matched() -> None:
    found = only(pattern(*[firing(n, lasted=2) for n in range(5)], rule=""), Remedy.PAUSE)
    assert found.matchers[-1].matches_text("PROBE from eu-77 failed")
    assert not found.matchers[-1].matches_text("Probe from eu-1 passed")


def test_every_suggestion_is_a_rule_that_can_be_made() -> None:
    """With the services' handles as they are given to the command."""
    seconds = [
        marked(firing(n, lasted=2, urgent=True, acknowledged=True), Feedback.DUPLICATE) for n in range(8)
    ]
    cause = replace(pattern(*seconds), rule="DatabaseDown")
    noise = [marked(firing(n, at=AT + n * MINUTE, lasted=60), Feedback.NOISE) for n in range(8)]
    wrong = [marked(firing(n), Feedback.WRONG_TARGET, service="orders") for n in range(8)]
    delayed = [firing(n) for n in range(9)] + [firing(9, count=3, acted=True)]
    said = (seconds, noise, wrong, delayed, flapping())
    made = [one for some in said for one in suggestions(pattern(*some), [cause])]
    assert {one.remedy for one in made} == set(Remedy)
    for one in made:
        fields = dict(one.fields) | ({"service": 7} if "service" in one.fields else {})
        read = read_rule(one.kind, [matcher.as_json() for matcher in one.matchers], fields)
        assert read.matchers == one.matchers


def test_the_mark_changes_with_the_rule_and_not_with_the_figures() -> None:
    short = [firing(n, lasted=3.5) for n in range(10)]
    before = only(pattern(*short), Remedy.PAUSE)
    more = only(pattern(*short, firing(11, lasted=3.5)), Remedy.PAUSE)
    longer = only(pattern(*short, *[firing(n, lasted=9) for n in range(11, 40)]), Remedy.PAUSE)
    assert before.mark == more.mark
    assert before.mark != longer.mark
