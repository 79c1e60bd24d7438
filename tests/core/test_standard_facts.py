"""What others ask the Standard for: names of phases, checklists, the channel's name (R1, R25, R32)."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from muster.core.phases import ORDER, Phase
from muster.core.standard.response import channel_name
from muster.foundation.standard.presets import PRESETS, preset

VALUES = {
    row["id"]: row
    for row in yaml.safe_load((Path(__file__).parents[1] / "oracles/values.yaml").read_text("utf-8"))
}
CHAT = preset().chat


def test_the_sample_channel_name() -> None:
    name = channel_name(CHAT, declared_on=date(2023, 10, 24), title="DB lag", number=7, is_restricted=False)
    assert name == VALUES["channel.sample"]["default"]


def test_the_channel_of_a_restricted_incident_tells_no_topic() -> None:
    # R48
    name = channel_name(CHAT, declared_on=date(2023, 10, 24), title="DB lag", number=7, is_restricted=True)
    assert name == "incident-7"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Überlast: Zürich/Süd!", "uberlast-zurich-sud"),
        ("数据库", "7"),
        ("--", "7"),
        ("a" * 200, "a" * 60),
        ("<script>alert(1)</script>", "script-alert-1-script"),
    ],
)
def test_any_title_makes_a_channel_name(title: str, slug: str) -> None:
    name = channel_name(CHAT, declared_on=date(2026, 1, 2), title=title, number=7, is_restricted=False)
    assert name == f"incident-2026-01-02-{slug}"[:80].rstrip("-")


@pytest.mark.parametrize("name", PRESETS)
def test_every_phase_has_a_title_in_every_preset(name: str) -> None:
    # R1
    assert all(preset(name).stage_of(phase)[0].isupper() for phase in ORDER)


def test_the_short_forms_put_several_phases_under_one_title() -> None:
    short = preset("004")
    assert short.stage_of(Phase.INVESTIGATING) == short.stage_of(Phase.MONITORING) == "Assess and mitigate"


def test_checklists_are_found_by_role_and_by_phase() -> None:
    # R32, R36
    standard = preset()
    assert [item.title for item in standard.checklist_of(role="operations_lead")] == ["Operations lead"]
    assert [item.title for item in standard.checklist_of(phase=Phase.MITIGATING)] == [
        "Ways to stop the impact"
    ]
    assert standard.checklist_of() == ()


def test_every_target_that_a_level_names_can_be_resolved() -> None:
    kinds = {"policy", "team", "manager", "position", "customers", "everyone"}
    assert {target.split(":")[0] for target in preset().targets.values()} <= kinds


def test_the_standard_says_how_an_incident_may_move() -> None:
    # R1, R4
    small = preset().life("SEV4", "triage", mitigated_at=None, is_major=False)
    assert (small.skips, small.has_backlog) == (frozenset({Phase.MOBILIZING}), True)
    major = preset().life("SEV2", "triage", mitigated_at=None, is_major=True)
    assert (major.skips, major.has_backlog, major.worked_continuously) == (frozenset(), False, True)
