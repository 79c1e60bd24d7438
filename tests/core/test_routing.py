"""Matchers and routes: what a rule looks for, and where an alert goes."""

import contextlib
import dataclasses
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.calendar import Calendar
from muster.core.matchers import (
    AlertView,
    BadMatcher,
    MatcherProblem,
    Op,
    all_match,
    from_json,
    matcher,
    matchers_from_json,
    parse,
)
from muster.core.routing import Route, RouteReason, RouteUrgencyReason, ServiceFacts, route
from muster.core.urgency import Urgency, UrgencyReason, UrgencySetting

NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)
ALERT = AlertView(
    id=7,
    service="checkout",
    severity="critical",
    summary="Disk full on db-1",
    integration="am",
    class_="DiskFull",
    labels={"team": "payments", "env": "prod", "severity": "page"},
)
SERVICES = {
    "checkout": ServiceFacts("checkout", policy="payments"),
    "orders-db": ServiceFacts("orders-db", policy="data", urgency=UrgencySetting.LOW),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity=critical", True),
        ("severity==critical", True),
        ('severity = "critical"', True),
        ("severity!=critical", False),
        ("label.severity=page", True),
        ("team=payments", True),
        ("team=~pay.*", True),
        ("team=~pay", False),  # the whole text must match
        ("team!~pay.*", False),
        ("team in (payments, checkout)", True),
        ("team not in (payments)", False),
        ("class=DiskFull", True),
        ("absent=", True),
        ("absent!=x", True),
        ("absent=~.+", False),
        ("service=checkout", True),
        ("summary=~(?i)disk.*DB-1", True),
    ],
)
def test_a_matcher_reads_as_people_write_it(text: str, expected: bool) -> None:
    assert parse(text).matches(ALERT) is expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", MatcherProblem.NOT_A_MATCHER),
        ("severity", MatcherProblem.NOT_A_MATCHER),
        ("=x", MatcherProblem.NOT_A_MATCHER),
        ("a'b=x", MatcherProblem.BAD_FIELD),
        ("a in b", MatcherProblem.BAD_VALUE),
        ("a in ()", MatcherProblem.BAD_VALUE),
        ("a=~(", MatcherProblem.BAD_PATTERN),
        ("a=~(?=x)", MatcherProblem.BAD_PATTERN),
        (r"a=~(x)\1", MatcherProblem.BAD_PATTERN),
        ("a=" + "x" * 501, MatcherProblem.TOO_LONG),
        ("a=~(.{1000}){1000}", MatcherProblem.BAD_PATTERN),
    ],
)
def test_a_bad_matcher_says_what_is_wrong(text: str, problem: MatcherProblem) -> None:
    with pytest.raises(BadMatcher) as caught:
        parse(text)
    assert caught.value.problem is problem


@pytest.mark.parametrize(
    "value", [None, 3, {}, {"field": "a", "op": "~", "value": "x"}, {"field": 1, "op": "=", "value": "x"}]
)
def test_json_that_is_no_matcher_is_refused(value: object) -> None:
    with pytest.raises(BadMatcher):
        from_json(value)


def test_a_list_of_matchers_must_be_a_list_and_short() -> None:
    for value in ("severity=critical", ["a=b"] * 51):
        with pytest.raises(BadMatcher):
            matchers_from_json(value)


@given(st.text(max_size=300))
def test_parsing_any_text_gives_a_matcher_or_says_why_not(text: str) -> None:
    with contextlib.suppress(BadMatcher):
        parse(text).matches(ALERT)


def test_a_value_that_no_text_can_hold_is_refused() -> None:
    with pytest.raises(BadMatcher):
        from_json({"field": "a", "op": "=~", "value": "\ud800"})


@given(st.sampled_from(list(Op)), st.text(min_size=1, max_size=20).filter(str.isalnum))
def test_a_matcher_survives_its_json(op: Op, value: str) -> None:
    made = matcher("team", op, value)
    assert from_json(made.as_json()) == made


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a+)+$", "(a|aa)+b", "(.*a){12}x", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_no_pattern_takes_long_on_any_text(pattern: str) -> None:  # B5
    started = time.process_time()
    parse(f"summary=~{pattern}").matches_text("a" * 20_000)
    assert time.process_time() - started < 0.1


def test_no_matcher_matches_everything_and_all_must_match() -> None:
    assert all_match((), ALERT)
    assert not all_match((parse("team=payments"), parse("env=dev")), ALERT)


def test_without_a_route_an_alert_stays_at_home() -> None:
    found = route(ALERT, [], SERVICES, NIGHT)
    assert (found.service, found.policy, found.reason) == ("checkout", "payments", RouteReason.HOME_SERVICE)
    assert (found.urgency, found.urgency_reason) == (Urgency.HIGH, UrgencyReason.SEVERITY_HIGH)


def test_the_first_route_that_matches_wins() -> None:
    routes = [
        Route("dev", (parse("env=dev"),), service="orders-db"),
        Route("disks", (parse("class=DiskFull"),), service="orders-db"),
        Route("rest", (), policy="never"),
    ]
    found = route(ALERT, routes, SERVICES, NIGHT)
    assert (found.route, found.service, found.policy) == ("disks", "orders-db", "data")
    assert found.urgency is Urgency.LOW


def test_a_route_overrides_policy_and_urgency_and_declares() -> None:  # R3, R44
    routes = [Route("r", (), policy="executives", urgency=Urgency.LOW, declare="SEV1")]
    found = route(ALERT, routes, SERVICES, NIGHT)
    assert (found.service, found.policy, found.urgency, found.declare) == (
        "checkout",
        "executives",
        Urgency.LOW,
        "SEV1",
    )
    assert found.urgency_reason is RouteUrgencyReason.ROUTE_SAYS


def test_a_route_to_a_service_that_is_gone_leaves_the_alert_at_home() -> None:
    found = route(ALERT, [Route("r", (), service="retired", policy="p")], SERVICES, NIGHT)
    assert (found.service, found.reason) == ("checkout", RouteReason.ROUTE_TARGET_GONE)


MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)
BY_HOURS = {
    "checkout": ServiceFacts("checkout", urgency=UrgencySetting.BY_HOURS, hours=Calendar("Europe/Madrid"))
}


@pytest.mark.parametrize(
    ("severity", "at", "urgency", "reason", "held_until"),
    [
        ("warning", NIGHT, Urgency.LOW, UrgencyReason.HELD_UNTIL_HOURS_OPEN, MORNING),
        ("info", NIGHT, Urgency.LOW, UrgencyReason.HELD_UNTIL_HOURS_OPEN, MORNING),
        ("critical", NIGHT, Urgency.HIGH, UrgencyReason.SEVERITY_HIGH, None),
        ("page", NIGHT, Urgency.HIGH, UrgencyReason.SEVERITY_UNKNOWN, None),
        ("warning", MORNING, Urgency.HIGH, UrgencyReason.SERVICE_HOURS_OPEN, None),
    ],
)
def test_by_hours_what_can_wait_is_held_until_they_open(severity, at, urgency, reason, held_until) -> None:
    """R44: over the night of the service's own zone."""
    found = route(dataclasses.replace(ALERT, severity=severity), [], BY_HOURS, at)
    assert (found.urgency, found.urgency_reason, found.held_until) == (urgency, reason, held_until)


def test_a_route_that_says_the_urgency_holds_nothing() -> None:
    low = dataclasses.replace(ALERT, severity="warning")
    found = route(low, [Route("r", (), urgency=Urgency.LOW)], BY_HOURS, NIGHT)
    assert (found.urgency, found.held_until) == (Urgency.LOW, None)
