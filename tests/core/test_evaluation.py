"""The pipeline: every step answers with a reason, and the whole can be stored and explained."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.core.decision import Decision, Outcome, Step, StepReason, StepVerdict
from muster.core.evaluation import GroupRule, Inhibition, Maintenance, Rules, evaluate
from muster.core.matchers import AlertView, parse
from muster.core.routing import Route, RouteReason, ServiceFacts
from muster.core.silence import Silence
from muster.core.urgency import Urgency, UrgencySetting

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALERT = AlertView(
    id=7,
    service="checkout",
    severity="critical",
    summary="x",
    integration="am",
    labels={"team": "payments", "env": "prod"},
)
SERVICES = {
    "checkout": ServiceFacts("checkout", policy="payments", depends_on=("orders-db",)),
    "orders-db": ServiceFacts("orders-db", policy="data", depends_on=("disks",)),
    "disks": ServiceFacts("disks", policy="infra", depends_on=("checkout",)),
}
RULES = Rules(services=SERVICES)
WORK = Maintenance("upgrade", frozenset({"checkout"}), AT - HOUR, AT + HOUR)
QUIET = Silence(4, (parse("team=payments"),), AT - HOUR, AT + 2 * HOUR, "ana", "known")


def verdict(decision: Decision, step: Step) -> StepVerdict:
    return next(one for one in decision.steps if one.step is step)


def test_an_ordinary_alert_pages_and_every_step_says_why() -> None:  # R8, R44
    decision = evaluate(ALERT, RULES, at=AT)
    assert decision.outcome is Outcome.PAGE
    assert [one.step for one in decision.steps] == list(Step)
    assert [one.reason.value for one in decision.steps] == [
        "no_event_rule",
        "no_maintenance",
        "not_silenced",
        "not_inhibited",
        "dependencies_up",
        "nothing_to_wait_for",
        "group_of_one",
        "home_service",
        "severity_high",
    ]
    assert (decision.service, decision.policy, decision.urgency) == ("checkout", "payments", Urgency.HIGH)
    assert decision.group_key == "alert:7"


def test_maintenance_holds_until_it_ends() -> None:
    rules = replace(RULES, maintenances=[WORK])
    decision = evaluate(ALERT, rules, at=AT)
    assert (decision.outcome, decision.held_by, decision.again_at) == (
        Outcome.HOLD,
        "maintenance:upgrade",
        AT + HOUR,
    )
    assert evaluate(ALERT, rules, at=AT + HOUR).outcome is Outcome.PAGE


def test_a_silence_holds_and_names_itself() -> None:
    decision = evaluate(ALERT, replace(RULES, silences=[QUIET]), at=AT)
    assert (decision.outcome, decision.held_by, decision.again_at) == (
        Outcome.HOLD,
        "silence:4",
        AT + 2 * HOUR,
    )


def test_a_held_alert_still_tells_the_whole_story_and_is_looked_at_again_at_the_first_end() -> None:
    decision = evaluate(ALERT, replace(RULES, silences=[QUIET], maintenances=[WORK]), at=AT)
    assert len(decision.steps) == len(Step)
    assert decision.held_by == "maintenance:upgrade"
    assert decision.again_at == AT + HOUR


def test_a_silence_sees_the_service_the_alert_is_routed_to() -> None:
    quiet = replace(QUIET, matchers=(parse("service=orders-db"),))
    rules = replace(RULES, silences=[quiet], routes=[Route("r", (), service="orders-db")])
    assert evaluate(ALERT, rules, at=AT).outcome is Outcome.HOLD


def test_a_worse_alert_inhibits_its_like_but_never_itself() -> None:
    rule = Inhibition("cluster", (parse("severity=critical"),), (parse("severity=~.*"),), ("env",))
    rules = replace(RULES, inhibitions=[rule], open_alerts=[ALERT])
    assert evaluate(ALERT, rules, at=AT).outcome is Outcome.PAGE
    other = replace(ALERT, id=8, severity="warning")
    decision = evaluate(other, rules, at=AT)
    assert (decision.outcome, decision.held_by) == (Outcome.HOLD, "inhibition:cluster")
    assert verdict(decision, Step.INHIBIT).detail["alert"] == 7
    elsewhere = replace(other, labels={"env": "dev"})
    assert evaluate(elsewhere, rules, at=AT).outcome is Outcome.PAGE


def test_two_alerts_that_both_sides_match_never_hold_each_other() -> None:
    """As in Alertmanager: else each would hold the other, and nobody would be paged."""
    rule = Inhibition("same", (parse("env=prod"),), (parse("env=prod"),))
    other = replace(ALERT, id=8)
    rules = replace(RULES, inhibitions=[rule], open_alerts=[ALERT, other])
    assert [evaluate(one, rules, at=AT).outcome for one in (ALERT, other)] == [Outcome.PAGE] * 2


def test_a_field_that_both_lack_is_equal() -> None:
    rule = Inhibition("cluster", (parse("severity=critical"),), (parse("severity=warning"),), ("zone",))
    rules = replace(RULES, inhibitions=[rule], open_alerts=[ALERT])
    decision = evaluate(replace(ALERT, id=8, severity="warning"), rules, at=AT)
    assert (decision.outcome, decision.because) == (Outcome.HOLD, 7)


def test_services_that_stand_on_each_other_are_not_held_by_each_other_s_alerts() -> None:
    """Both would be held, and nobody paged; an incident has people of its own."""
    holding = {name: replace(facts, hold_when_dependency_down=True) for name, facts in SERVICES.items()}
    rules = replace(RULES, services=holding, down={"disks": "ALR-5"})
    assert evaluate(ALERT, rules, at=AT).outcome is Outcome.PAGE
    straight = {**holding, "disks": replace(holding["disks"], depends_on=())}
    decision = evaluate(ALERT, replace(rules, services=straight), at=AT)
    assert (decision.held_by, decision.because) == ("dependency:disks", 5)


def test_planned_work_by_matchers_holds_what_they_match_on_any_service() -> None:
    work = Maintenance("racks", frozenset(), AT - HOUR, AT + HOUR, (parse("env=prod"),))
    rules = replace(RULES, maintenances=[work])
    assert evaluate(ALERT, rules, at=AT).held_by == "maintenance:racks"
    assert evaluate(replace(ALERT, labels={}), rules, at=AT).outcome is Outcome.PAGE


def test_planned_work_on_services_and_by_matchers_holds_what_is_both() -> None:
    rules = replace(RULES, maintenances=[replace(WORK, matchers=(parse("env=dev"),))])
    assert evaluate(ALERT, rules, at=AT).outcome is Outcome.PAGE


def test_a_dependency_that_is_down_is_noted_and_holds_only_where_the_service_says_so() -> None:
    rules = replace(RULES, down={"disks": "INC-3"})
    decision = evaluate(ALERT, rules, at=AT)
    noted = verdict(decision, Step.DEPENDENCY)
    assert decision.outcome is Outcome.PAGE
    assert noted.reason is StepReason.DEPENDENCY_DOWN_NOTED
    assert noted.detail == {"path": ["checkout", "orders-db", "disks"], "because": "INC-3"}
    holding = {**SERVICES, "checkout": replace(SERVICES["checkout"], hold_when_dependency_down=True)}
    assert evaluate(ALERT, replace(rules, services=holding), at=AT).held_by == "dependency:disks"


def test_a_service_that_is_down_itself_and_stands_in_a_circle_still_pages() -> None:
    assert evaluate(ALERT, replace(RULES, down={"checkout": "INC-3"}), at=AT).outcome is Outcome.PAGE


def test_the_senders_group_is_one_page_and_its_members_share_a_key() -> None:
    one, two = replace(ALERT, group_key="abc"), replace(ALERT, id=8, group_key="abc")
    keys = {evaluate(alert, RULES, at=AT).group_key for alert in (one, two)}
    assert len(keys) == 1
    assert evaluate(replace(one, integration="other"), RULES, at=AT).group_key not in keys


def test_a_rule_groups_by_its_fields_before_the_sender() -> None:
    rules = replace(RULES, groups=[GroupRule("by-team", (parse("env=prod"),), ("team",))])
    one = evaluate(replace(ALERT, group_key="abc"), rules, at=AT)
    assert verdict(one, Step.GROUP).reason is StepReason.GROUPED_BY_RULE
    other = evaluate(replace(ALERT, labels={"env": "prod", "team": "data"}), rules, at=AT)
    assert one.group_key != other.group_key


def test_members_that_are_routed_apart_are_never_one_group() -> None:
    rules = replace(RULES, routes=[Route("info", (parse("severity=info"),), service="orders-db")])
    one = evaluate(replace(ALERT, group_key="abc"), rules, at=AT)
    other = evaluate(replace(ALERT, group_key="abc", severity="info"), rules, at=AT)
    assert one.group_key != other.group_key


def test_a_held_alert_declares_nothing() -> None:
    rules = replace(RULES, routes=[Route("r", (), declare="SEV1")])
    assert evaluate(ALERT, rules, at=AT).declare == "SEV1"
    assert evaluate(ALERT, replace(rules, silences=[QUIET]), at=AT).declare == ""


def test_an_alert_of_a_service_nobody_knows_still_pages() -> None:  # never silently nobody
    decision = evaluate(replace(ALERT, service="gone"), RULES, at=AT)
    assert (decision.outcome, decision.service, decision.policy) == (Outcome.PAGE, "gone", "")
    assert verdict(decision, Step.ROUTE).reason is RouteReason.HOME_SERVICE


def test_a_decision_can_be_stored_and_read_back_as_json() -> None:
    rules = replace(RULES, silences=[QUIET], maintenances=[WORK], down={"disks": "INC-3"})
    stored = evaluate(ALERT, rules, at=AT).as_json()
    assert json.loads(json.dumps(stored)) == stored
    assert stored["steps"][2]["by"] == "silence:4"


texts = st.text(max_size=30)
alerts = st.builds(
    AlertView,
    id=st.integers(1, 9),
    service=st.sampled_from(["checkout", "orders-db", "gone"]),
    severity=st.sampled_from(["critical", "info", "", "weird"]),
    summary=texts,
    labels=st.dictionaries(texts, texts, max_size=3),
    group_key=texts,
)


@given(alerts, st.booleans(), st.booleans(), st.sampled_from(list(UrgencySetting)))
def test_any_alert_gets_a_whole_decision_and_the_same_one_twice(
    alert: AlertView, quiet: bool, work: bool, setting: UrgencySetting
) -> None:
    services = {name: replace(facts, urgency=setting) for name, facts in SERVICES.items()}
    rules = Rules(services, silences=[QUIET] if quiet else [], maintenances=[WORK] if work else [])
    decision = evaluate(alert, rules, at=AT)
    assert decision == evaluate(alert, rules, at=AT)
    assert (decision.outcome is Outcome.HOLD) == any(one.holds for one in decision.steps)
    assert decision.group_key
