"""What is learnt: when a postmortem is due and why, its life, its draft, its action items (R52 to R57)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from muster.core.metrics import IncidentTimes
from muster.core.obligations import action_item_limit
from muster.core.refusal import Refused
from muster.core.review import (
    DraftFacts,
    Due,
    Moment,
    PostmortemState,
    PostmortemVerb,
    ReviewRefusal,
    TriggerFacts,
    check_action_item,
    draft,
    impact_duration,
    move,
    postmortem_due,
)
from muster.core.standard import Trigger
from muster.foundation.standard.presets import preset

STANDARD = preset()
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MICRO = timedelta(microseconds=1)
VALUES: dict[str, Any] = {
    row["id"]: row
    for row in yaml.safe_load((Path(__file__).parents[1] / "oracles/values.yaml").read_text("utf-8"))
}

TRIGGERS = [
    (TriggerFacts(client_visible_downtime=MICRO), [Trigger.CLIENT_VISIBLE_IMPACT]),
    (TriggerFacts(client_visible_downtime=timedelta(0)), []),
    (TriggerFacts(is_slo_missed=True), [Trigger.SLO_MISSED]),
    (TriggerFacts(is_data_lost=True), [Trigger.DATA_LOSS]),
    (TriggerFacts(interventions=frozenset({"rollback"})), [Trigger.ONCALL_INTERVENTION]),
    (TriggerFacts(interventions=frozenset({"danced"})), [Trigger.ONCALL_INTERVENTION]),
    (TriggerFacts(time_to_resolve=60 * MINUTE), []),
    (TriggerFacts(time_to_resolve=60 * MINUTE + MICRO), [Trigger.RESOLUTION_TIME]),
    (TriggerFacts(time_to_resolve=50 * MINUTE, slo=40 * MINUTE), [Trigger.RESOLUTION_TIME]),
    (TriggerFacts(time_to_resolve=90 * MINUTE, slo=120 * MINUTE), []),
    (TriggerFacts(found_by_person=True), [Trigger.MONITORING_FAILURE]),
    (TriggerFacts(is_monitoring_failure=True), [Trigger.MONITORING_FAILURE]),
    (TriggerFacts(requested_by="sales"), [Trigger.STAKEHOLDER_REQUEST]),
    (TriggerFacts(), []),
]


@pytest.mark.parametrize(("facts", "wanted"), TRIGGERS)
def test_each_trigger_fires_on_its_own_fact(facts: TriggerFacts, wanted: list[Trigger]) -> None:
    # R52
    assert [fired.why for fired in postmortem_due(STANDARD, "SEV3", facts)] == wanted


@pytest.mark.parametrize("severity", ["SEV1", "SEV2"])
def test_the_worst_two_levels_always_need_one(severity: str) -> None:
    assert [fired.why for fired in postmortem_due(STANDARD, severity, TriggerFacts())] == [Due.SEVERITY]


def test_every_reason_is_named_and_not_only_the_first() -> None:
    facts = TriggerFacts(is_data_lost=True, found_by_person=True)
    assert [fired.why for fired in postmortem_due(STANDARD, "SEV1", facts)] == [
        Due.SEVERITY,
        Trigger.DATA_LOSS,
        Trigger.MONITORING_FAILURE,
    ]


def test_a_preset_counts_only_the_interventions_that_it_names() -> None:
    second = preset("002")
    assert postmortem_due(second, "SEV3", TriggerFacts(interventions=frozenset({"danced"}))) == ()
    fired = postmortem_due(second, "SEV3", TriggerFacts(interventions=frozenset({"reroute", "danced"})))
    assert [(item.why, item.fact) for item in fired] == [(Trigger.ONCALL_INTERVENTION, "reroute")]


def test_a_stated_threshold_must_be_exceeded() -> None:
    zero = preset("000")
    assert postmortem_due(zero, "SEV3", TriggerFacts(client_visible_downtime=MINUTE)) == ()
    assert postmortem_due(zero, "SEV3", TriggerFacts(client_visible_downtime=MINUTE + MICRO)) != ()


def test_a_postmortem_goes_from_draft_to_review_to_published() -> None:
    handed_in = move("draft", PostmortemVerb.HAND_IN, at=AT)
    assert handed_in.set == {"state": "in_review", "handed_in_at": AT}
    published = move("in_review", PostmortemVerb.PUBLISH, at=AT)
    assert (published.kind, published.set) == (
        "postmortem.published",
        {"state": "published", "published_at": AT},
    )


ALLOWED = {
    (PostmortemState.DRAFT, PostmortemVerb.HAND_IN),
    (PostmortemState.IN_REVIEW, PostmortemVerb.RETURN),
    (PostmortemState.IN_REVIEW, PostmortemVerb.PUBLISH),
    (PostmortemState.PUBLISHED, PostmortemVerb.WITHDRAW),
}


@pytest.mark.parametrize("state", PostmortemState)
@pytest.mark.parametrize("verb", PostmortemVerb)
def test_there_is_no_other_way(state: PostmortemState, verb: PostmortemVerb) -> None:
    if (state, verb) in ALLOWED:
        assert move(state, verb, at=AT, why="because").payload["before"] == state
        return
    with pytest.raises(Refused) as refused:
        move(state, verb, at=AT, why="because")
    assert refused.value.reason is ReviewRefusal.NO_SUCH_MOVE


def test_going_back_needs_a_reason() -> None:
    with pytest.raises(Refused) as refused:
        move("in_review", PostmortemVerb.RETURN, at=AT)
    assert refused.value.reason is ReviewRefusal.REASON_NEEDED


def test_a_text_with_empty_sections_is_not_handed_in() -> None:
    with pytest.raises(Refused) as refused:
        move("draft", PostmortemVerb.HAND_IN, at=AT, empty_sections=["got_lucky"])
    assert refused.value.detail == {"sections": ["got_lucky"]}


TIMES = IncidentTimes(
    7,
    "SEV2",
    impact_started_at=AT,
    mitigated_at=AT + 25 * MINUTE,
    resolved_at=AT + 35 * MINUTE,
)
FACTS = DraftFacts(
    title="Checkout is down",
    times=TIMES,
    author="Ana",
    users_affected_percent=30,
    moments=(
        Moment((AT + MINUTE).astimezone(ZoneInfo("Europe/Madrid")), "acknowledged"),
        Moment(AT, "alert fired"),
    ),
    actions_taken=("rolled back",),
    went={"got_lucky": ("it was a Sunday",)},
)


def test_the_draft_has_the_standards_sections_in_their_order() -> None:
    # R54
    sections = draft(STANDARD, FACTS)
    assert tuple(section.id for section in sections) == STANDARD.postmortem.sections
    assert all(section.title and section.asks for section in sections)


def test_the_draft_knows_what_the_record_knows() -> None:
    lines = {section.id: section.lines for section in draft(STANDARD, FACTS)}
    assert lines["title"] == ("Checkout is down",)
    assert lines["date"] == ("2026-03-02",)
    assert lines["duration"] == ("0:35:00",)
    assert lines["impact_duration"] == ("0:25:00",)
    assert lines["impact_users_percent"] == ("30 %",)
    assert lines["actions_taken"] == ("rolled back",)
    assert lines["got_lucky"] == ("it was a Sunday",)
    assert lines["went_well"] == ()
    assert lines["impact_cost"] == ()


def test_the_timeline_is_sorted_in_utc_and_to_the_grain() -> None:
    by_second = {section.id: section.lines for section in draft(STANDARD, FACTS)}
    by_minute = {section.id: section.lines for section in draft(preset("003"), FACTS)}
    assert by_second["timeline"] == ("2026-03-02 10:00:00 alert fired", "2026-03-02 10:01:00 acknowledged")
    assert by_minute["timeline"][0] == "2026-03-02 10:00 alert fired"


def test_five_whys_are_asked() -> None:
    lines = {section.id: section.lines for section in draft(STANDARD, FACTS)}
    assert lines["root_cause_five_whys"] == ("1.", "2.", "3.", "4.", "5.")


def test_what_was_left_for_later_opens_the_search_for_causes() -> None:
    # R6: diagnosis that would have delayed the repair waits for the review
    later = replace(FACTS, open_questions=("Why did the pool run dry?",))
    lines = {section.id: section.lines for section in draft(STANDARD, later)}
    assert lines["root_cause_five_whys"][0] == "Why did the pool run dry?"


def test_impact_lasts_until_it_was_stopped_or_else_resolved() -> None:
    assert impact_duration(TIMES) == 25 * MINUTE
    assert impact_duration(replace(TIMES, mitigated_at=None)) == 35 * MINUTE
    assert impact_duration(replace(TIMES, impact_started_at=None)) is None


def test_an_incident_that_tells_nothing_still_makes_a_draft() -> None:
    sections = draft(STANDARD, DraftFacts("", IncidentTimes(1, "SEV4")))
    assert len(sections) == len(STANDARD.postmortem.sections)


def test_the_sample_action_items_lie_within_two_sprints() -> None:
    row = VALUES["sample.action_items"]
    created = datetime(2024, 1, 15, tzinfo=UTC)
    limit = action_item_limit(STANDARD, "SEV2", created_at=created)
    assert limit is not None
    days = [(date.fromisoformat(item["due"]) - created.date()).days for item in row["values"]["003"]]
    assert days == row["default"]
    assert all(created + timedelta(days=count) <= limit for count in days)


@pytest.mark.parametrize(
    ("tag", "owner", "reason"),
    [("hope", 1, ReviewRefusal.UNKNOWN_TAG), ("prevention", None, ReviewRefusal.OWNER_NEEDED)],
)
def test_an_action_item_needs_a_known_tag_and_an_owner(
    tag: str, owner: int | None, reason: ReviewRefusal
) -> None:
    # R57
    with pytest.raises(Refused) as refused:
        check_action_item(STANDARD, tag=tag, owner=owner)
    assert refused.value.reason is reason
    check_action_item(STANDARD, tag="detection", owner=1)
