"""Event rules: in order, each sees what those before it made of the alert."""

from dataclasses import replace
from datetime import UTC, datetime

from muster.core.decision import Outcome, Step, StepReason
from muster.core.evaluation import Rules, evaluate
from muster.core.event_rules import EventRule, apply_event_rules
from muster.core.matchers import AlertView, parse
from muster.core.routing import Route, RouteReason, ServiceFacts
from muster.core.silence import Silence
from muster.core.urgency import Urgency

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALERT = AlertView(id=7, service="checkout", severity="critical", summary="disk full", labels={"env": "dev"})
RULES = Rules({name: ServiceFacts(name, policy=name) for name in ("checkout", "orders-db")})


def rule(name: str, *matchers: str, **fields: object) -> EventRule:
    return EventRule(name, tuple(parse(one) for one in matchers), **fields)  # type: ignore[arg-type]


def test_without_a_rule_that_matches_the_alert_is_as_it_came() -> None:
    said = apply_event_rules(ALERT, [rule("prod", "env=prod", severity="info")])
    assert (said.alert, said.rules, said.changed) == (ALERT, (), {})


def test_each_rule_sees_what_the_one_before_it_made() -> None:
    said = apply_event_rules(
        ALERT,
        [
            rule("dev-is-mild", "env=dev", severity="warning", labels={"owner": "data"}),
            rule("of-data", "owner=data", "severity=warning", summary="disk full (dev)"),
            rule("severe", "severity=critical", summary="never"),
        ],
    )
    assert said.rules == ("dev-is-mild", "of-data")
    assert said.changed == {
        "severity": "warning",
        "summary": "disk full (dev)",
        "labels": {"owner": "data"},
    }


def test_the_last_one_ends_it_and_so_does_a_drop() -> None:
    later = rule("later", severity="info")
    assert apply_event_rules(ALERT, [rule("a", severity="error", last=True), later]).rules == ("a",)
    dropped = apply_event_rules(ALERT, [rule("a", "env=dev", drop=True), later])
    assert (dropped.dropped_by, dropped.rules) == ("a", ("a",))


def test_a_dropped_alert_pages_nobody_and_says_by_which_rule() -> None:
    decision = evaluate(ALERT, replace(RULES, events=[rule("no-dev", "env=dev", drop=True)]), at=AT)
    assert (decision.outcome, decision.held_by, decision.again_at) == (Outcome.DROP, "event:no-dev", None)
    assert decision.steps[0].reason is StepReason.DROPPED


def test_severity_that_a_rule_sets_decides_the_urgency_and_what_silences_see() -> None:
    events = [rule("mild", "env=dev", severity="info")]
    decision = evaluate(ALERT, replace(RULES, events=events), at=AT)
    assert (decision.urgency, decision.changed) == (Urgency.LOW, {"severity": "info"})
    quiet = Silence(4, (parse("severity=info"),), AT, AT.replace(hour=13), "ana", "known")
    assert evaluate(ALERT, replace(RULES, events=events, silences=[quiet]), at=AT).held_by == "silence:4"


def test_a_rule_sends_the_alert_elsewhere_before_any_route() -> None:
    events = [rule("disks", "summary=~disk.*", service="orders-db", urgency=Urgency.LOW)]
    rules = replace(RULES, events=events, routes=[Route("all", service="checkout", declare="SEV1")])
    decision = evaluate(ALERT, rules, at=AT)
    assert (decision.service, decision.policy, decision.urgency) == ("orders-db", "orders-db", Urgency.LOW)
    assert decision.declare == ""
    sent = next(step for step in decision.steps if step.step is Step.ROUTE)
    assert (sent.reason, sent.by) == (RouteReason.ROUTE_MATCHED, "route:disks")


def test_what_a_later_rule_leaves_open_stays_as_the_earlier_one_said() -> None:
    said = apply_event_rules(
        ALERT, [rule("a", service="orders-db", declare="SEV1"), rule("b", declare="SEV2")]
    )
    assert said.route == Route("b", service="orders-db", declare="SEV2")


def test_a_service_that_is_gone_leaves_the_alert_at_home() -> None:
    decision = evaluate(ALERT, replace(RULES, events=[rule("a", service="gone")]), at=AT)
    assert decision.service == "checkout"


def test_a_dropped_alert_declares_nothing() -> None:
    events = [rule("a", declare="SEV1"), rule("b", drop=True)]
    assert evaluate(ALERT, replace(RULES, events=events), at=AT).declare == ""
