"""How severe it is: the matrix, the other voices, and what may not be undercut (R4, R8 to R12, R48)."""

import pytest

from muster.core.refusal import Refused
from muster.core.severity import (
    MajorWhy,
    SeverityRefusal,
    Situation,
    Voice,
    change_severity,
    gap_percent,
    is_major,
    judge,
    parse_severity,
    worst,
)
from muster.core.standard import Impact, Scope
from muster.foundation.standard.presets import preset

STANDARD = preset()
FIRST = preset("001")

MATRIX = {
    Impact.COMPLETE: ("SEV1", "SEV2", "SEV3"),
    Impact.DEGRADED: ("SEV2", "SEV3", "SEV4"),
    Impact.INCONVENIENCE: ("SEV3", "SEV4", "SEV4"),
}


@pytest.mark.parametrize(
    ("impact", "scope", "severity"),
    [(impact, scope, row[index]) for impact, row in MATRIX.items() for index, scope in enumerate(Scope)],
)
def test_the_matrix_suggests_with_its_cell_as_reason(impact: Impact, scope: Scope, severity: str) -> None:
    # R12
    judgement = judge(STANDARD, Situation(impact=impact, scope=scope))
    assert judgement.severity == severity
    assert (judgement.decided_by.voice, judgement.decided_by.fact) == (Voice.MATRIX, f"{impact}.{scope}")


def test_a_criterion_outranks_the_matrix() -> None:
    # R8
    situation = Situation(Impact.INCONVENIENCE, Scope.MINIMAL, criteria=frozenset({"data_loss"}))
    judgement = judge(STANDARD, situation)
    assert (judgement.severity, judgement.decided_by.voice) == ("SEV1", Voice.CRITERION)
    assert [opinion.severity for opinion in judgement.opinions] == ["SEV1", "SEV4"]


@pytest.mark.parametrize(
    ("percent", "severity"), [(100, "SEV1"), (99.9, "SEV2"), (1, "SEV2"), (0.99, "SEV3"), (0.01, "SEV3")]
)
def test_the_share_of_users_suggests_a_level(percent: float, severity: str) -> None:
    judgement = judge(STANDARD, Situation(users_affected_percent=percent))
    assert (judgement.severity, judgement.decided_by.voice) == (severity, Voice.USERS_AFFECTED)


@pytest.mark.parametrize(
    ("percent", "severity", "voice"),
    [
        (0.99, "SEV3", Voice.USERS_AFFECTED),
        (1, "SEV2", Voice.NO_RULE_FOR_THIS_SHARE),
        (10, "SEV2", Voice.NO_RULE_FOR_THIS_SHARE),
        (10.1, "SEV2", Voice.USERS_AFFECTED),
    ],
)
def test_document_001_leaves_a_gap_that_is_closed_upward_and_said(
    percent: float, severity: str, voice: Voice
) -> None:
    judgement = judge(FIRST, Situation(users_affected_percent=percent))
    assert (judgement.severity, judgement.decided_by.voice) == (severity, voice)


def test_the_gap_is_known() -> None:
    assert gap_percent(FIRST) == (1, 10)
    assert gap_percent(STANDARD) == gap_percent(preset("004")) == ()


def test_where_two_shares_hold_the_worse_level_wins() -> None:
    assert judge(preset("004"), Situation(users_affected_percent=0.5)).severity == "SEV2"


def test_a_person_may_choose_another_level_than_the_suggested() -> None:
    judgement = judge(STANDARD, Situation(Impact.COMPLETE, Scope.WIDESPREAD), chosen="SEV3")
    assert (judgement.severity, judgement.decided_by.voice) == ("SEV3", Voice.CHOSEN)
    assert judgement.opinions[0].severity == "SEV1"


def test_without_any_word_the_mildest_level_holds() -> None:
    assert judge(STANDARD, Situation()).decided_by.voice is Voice.LOWEST


@pytest.mark.parametrize("flag", ["personal_data", "security", "regulatory"])
def test_a_flag_forces_sev1(flag: str) -> None:
    # R48
    judgement = judge(STANDARD, Situation(flags=frozenset({flag})), chosen="SEV3")
    assert (judgement.severity, judgement.decided_by.voice, judgement.decided_by.fact) == (
        "SEV1",
        Voice.FLAG,
        flag,
    )


def test_a_financial_flag_forces_no_level() -> None:
    # R49
    assert judge(STANDARD, Situation(flags=frozenset({"financial"})), chosen="SEV3").severity == "SEV3"


def test_document_001_counts_a_breach_only_while_it_is_exploited() -> None:
    past = Situation(flags=frozenset({"security"}))
    active = Situation(flags=frozenset({"security"}), active_flags=frozenset({"security"}))
    assert judge(FIRST, past, chosen="SEV3").severity == "SEV3"
    assert judge(FIRST, active, chosen="SEV3").severity == "SEV1"


MAJOR = [
    ({}, False, False, MajorWhy.TOO_FEW_TENANTS),
    ({"shop": {"acme"}}, False, False, MajorWhy.TOO_FEW_TENANTS),
    ({"shop": {"acme", "beta"}}, False, True, MajorWhy.TENANTS_INTERRUPTED),
    ({"shop": {"acme"}, "bank": {"beta"}}, False, True, MajorWhy.TENANTS_INTERRUPTED),
    ({"shop": {"acme"}, "bank": {"acme"}}, False, False, MajorWhy.TOO_FEW_TENANTS),
    ({}, True, True, MajorWhy.IMMINENT_THREAT),
]


@pytest.mark.parametrize(("interrupted", "threat", "answer", "why"), MAJOR)
def test_an_incident_is_major_as_the_table_says(
    interrupted: dict[str, set[str]], threat: bool, answer: bool, why: MajorWhy
) -> None:
    # R4
    groups = {product: frozenset(tenants) for product, tenants in interrupted.items()}
    found = is_major(STANDARD, Situation(interrupted=groups, imminent_threat=threat))
    assert (found.is_major, found.why) == (answer, why)


def test_a_major_incident_is_at_least_sev2() -> None:
    judgement = judge(STANDARD, Situation(imminent_threat=True), chosen="SEV4")
    assert (judgement.severity, judgement.decided_by.voice) == ("SEV2", Voice.MAJOR)


def test_making_it_worse_needs_no_reason_and_making_it_milder_does() -> None:
    assert change_severity(STANDARD, "SEV3", "SEV1", Situation()).payload == {
        "before": "SEV3",
        "after": "SEV1",
    }
    with pytest.raises(Refused) as refused:
        change_severity(STANDARD, "SEV1", "SEV3", Situation())
    assert refused.value.reason is SeverityRefusal.REASON_NEEDED
    assert change_severity(STANDARD, "SEV1", "SEV3", Situation(), why="only one user").set == {
        "severity": "SEV3"
    }


@pytest.mark.parametrize(
    ("before", "to", "situation", "reason"),
    [
        ("SEV1", "SEV2", Situation(flags=frozenset({"personal_data"})), SeverityRefusal.FORCED_BY_FLAG),
        ("SEV2", "SEV3", Situation(imminent_threat=True), SeverityRefusal.BELOW_MAJOR_FLOOR),
        ("SEV2", "SEV2", Situation(), SeverityRefusal.SAME),
        ("SEV2", "SEV9", Situation(), SeverityRefusal.UNKNOWN),
        ("SEV2", "SEV1", Situation(criteria=frozenset({"rain"})), SeverityRefusal.UNKNOWN_CRITERION),
        ("SEV2", "SEV1", Situation(flags=frozenset({"rain"})), SeverityRefusal.UNKNOWN_FLAG),
    ],
)
def test_a_level_is_refused_with_its_reason(
    before: str, to: str, situation: Situation, reason: SeverityRefusal
) -> None:
    with pytest.raises(Refused) as refused:
        change_severity(STANDARD, before, to, situation, why="because")
    assert refused.value.reason is reason


@pytest.mark.parametrize("text", ["SEV2", "SEV 2", "sev 2", " sev2 ", "2"])
def test_a_level_is_read_in_every_spelling(text: str) -> None:
    assert parse_severity(text, STANDARD) == "SEV2"


@pytest.mark.parametrize("text", ["", "SEV0", "SEV5", "major", "SEV²"])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_severity(text, STANDARD)


def test_the_smaller_number_is_the_worse_level() -> None:
    assert worst(["SEV3", "SEV1", "SEV2"]) == "SEV1"
