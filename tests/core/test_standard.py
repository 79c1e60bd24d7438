"""The Standard as a document: read with every fault named, written, compared, overlaid (design section 8)."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from muster.core.standard import InvalidDocument, Rule, diff, parse, to_yaml
from muster.core.typed_yaml import Fault
from muster.foundation.standard.presets import (
    PRESETS,
    UnknownPreset,
    complete_text,
    preset,
    preset_text,
)

DEFAULT = preset_text("default")


def faults(text: str, *overlays: str) -> list[tuple[int, str, str]]:
    """Line, path and fault of everything that is wrong with a text."""
    with pytest.raises(InvalidDocument) as invalid:
        parse(text, *overlays)
    return [(problem.line, problem.path, problem.fault.value) for problem in invalid.value.problems]


def rules(overlay: str) -> list[tuple[str, str]]:
    """Path and rule of everything that an overlay on the default breaks."""
    with pytest.raises(InvalidDocument) as invalid:
        parse(DEFAULT, overlay)
    assert all(problem.fault is Fault.RULE for problem in invalid.value.problems)
    return [(problem.path, problem.fact) for problem in invalid.value.problems]


@pytest.mark.parametrize("name", PRESETS)
def test_a_standard_comes_back_from_yaml_as_it_was(name: str) -> None:
    standard = preset(name)
    assert parse(to_yaml(standard)) == standard
    assert parse(complete_text(name)) == standard


def test_there_is_no_other_preset() -> None:
    for name in ("005", "../default", ""):
        with pytest.raises(UnknownPreset):
            preset(name)


def test_what_a_preset_does_not_say_it_takes_from_the_default() -> None:
    changed = {difference.path for difference in diff(preset(), preset("000"))}
    assert "roles.in_use" in changed
    assert not any(path.startswith("checklists") for path in changed)


def test_an_unknown_key_is_refused_with_its_line() -> None:
    text = DEFAULT.replace("immediate_within: 60s", "immediate_within: 60s\n  imediate: 5s")
    line = text.splitlines().index("  imediate: 5s") + 1
    assert faults(text) == [(line, "process.imediate", "unknown_key")]


def test_a_missing_key_is_named() -> None:
    text = DEFAULT.replace("three_cs:\n", "three_c:\n")
    assert [fault[1:] for fault in faults(text)] == [
        ("three_cs", "missing_key"),
        ("three_c", "unknown_key"),
    ]


def test_every_fault_is_reported_and_not_only_the_first() -> None:
    text = DEFAULT.replace("min_team_size: 6", "min_team_size: six").replace("sprint: 2w", "sprint: 14")
    assert [fault[1:] for fault in faults(text)] == [
        ("process.sprint", "wrong_type"),
        ("on_call.min_team_size", "wrong_type"),
    ]


BAD = [
    ("just text", "wrong_type"),
    ("", "not_yaml"),
    ("a: [1", "not_yaml"),
    ("a: 1\n---\nb: 2", "not_yaml"),
    ("a: &x 1\nb: *x", "anchor"),
    ("[" * 40 + "]" * 40, "too_deep"),
    ("a: " + "x" * 500_000, "too_large"),
    ("\tname: x", "not_yaml"),
    ("name: \x00", "not_yaml"),
    ("? [a]\n: 1", "unknown_key"),
    ("!!python/object/apply:os.system [id]", "wrong_type"),
]


@pytest.mark.parametrize(("text", "fault"), BAD, ids=range(len(BAD)))
def test_text_that_is_no_standard_is_refused_and_never_crashes(text: str, fault: str) -> None:
    assert fault in [found[2] for found in faults(text)]


TYPES = [
    ("process: {mandatory: yes}", "process.mandatory", "wrong_type"),
    ("process: {effective_from: 2026-13-01}", "process.effective_from", "wrong_type"),
    ("process: {audience: engineering}", "process.audience", "wrong_type"),
    ("process: {business_time: {from: nine}}", "process.business_time.from", "wrong_type"),
    ("process: []", "process", "wrong_type"),
    ("severities: {SEV1: {coverage: sometimes}}", "severities.SEV1.coverage", "not_one_of"),
    ("severities: {SEV1: {page_after: -5m}}", "severities.SEV1.page_after", "wrong_type"),
    ("severities: {SEV1: {name: }}", "severities.SEV1.name", "wrong_type"),
    ("severities: {SEV1: {criteria: [rain]}}", "severities.SEV1.criteria.rain", "nothing_below"),
    ("matrix: {total: {widespread: SEV1}}", "matrix.total", "not_one_of"),
    ("phases: {stages: [{id: a, title: b, covers: [sleeping]}]}", "phases.stages.0.covers.0", "not_one_of"),
    ("name: a\nname: b", "name", "double_key"),
]


@pytest.mark.parametrize(("overlay", "path", "fault"), TYPES)
def test_a_wrong_value_is_named_with_its_path(overlay: str, path: str, fault: str) -> None:
    assert (path, fault) in [found[1:] for found in faults(DEFAULT, overlay)]


RULES = [
    ("severities: {SEV1: {page: [everyone_else]}}", "severities.SEV1.page", Rule.UNKNOWN_TARGET),
    ("severities: {SEV1: {joins: nobody}}", "severities.SEV1.joins", Rule.UNKNOWN_TARGET),
    ("severities: {SEV1: {skips: [monitoring]}}", "severities.SEV1.skips", Rule.PHASE_NOT_SKIPPABLE),
    ("severities: {SEV3: {skips: [triage]}}", "severities.SEV3.skips", Rule.PHASE_NOT_SKIPPABLE),
    ("severities: {SEV1: {update_every: {internal: 31m}}}", "severities.SEV1.update_every.internal",
     Rule.UPDATE_TOO_RARE),
    ("severities: {SEV1: {update_every: {internal: 0s}}}", "severities.SEV1.update_every.internal",
     Rule.MUST_BE_POSITIVE),
    ("severities: {SEV1: {update_every: {press: 9m}}}", "severities.SEV1.update_every",
     Rule.UNKNOWN_AUDIENCE),
    ("severities: {SEV3: {fix_reminder_business_days: 4}}", "severities.SEV3.fix_reminder_business_days",
     Rule.REMINDER_AFTER_LIMIT),
    ("major: {severity_floor: SEV7}", "major.severity_floor", Rule.UNKNOWN_SEVERITY),
    ("readiness: {applies_to: [SEV7]}", "readiness.applies_to", Rule.UNKNOWN_SEVERITY),
    ("matrix: {complete: {widespread: SEV1, limited: SEV2}}", "matrix.complete.minimal", Rule.MATRIX_HOLE),
    ("matrix: {degraded: {widespread: SEV9, limited: SEV2, minimal: SEV3}}", "matrix.degraded.widespread",
     Rule.UNKNOWN_SEVERITY),
    ("roles: {in_use: [incident_commander, jester, scribe, operations_lead, communications_lead]}",
     "roles.in_use", Rule.UNKNOWN_ROLE),
    ("roles: {required: [incident_commander, planner]}", "roles.required", Rule.REQUIRED_NOT_IN_USE),
    ("checklists: {detection: {role: jester}}", "checklists.detection.role", Rule.UNKNOWN_ROLE),
    ("flags: {financial: {notify: [bank]}}", "flags.financial.notify", Rule.UNKNOWN_TARGET),
    ("flags: {security: {severity: SEV0}}", "flags.security.severity", Rule.UNKNOWN_SEVERITY),
    ("phases: {overview: [{id: a, title: a, covers: [triage]}, {id: b, title: b, covers: [triage]}]}",
     "phases.overview.1.covers", Rule.PHASE_TWICE),
    ("templates: {update: {body: '{mood}'}}", "templates.update.body", Rule.UNKNOWN_FIELD),
    ("chat: {swoop: {script: '{mood}'}}", "chat.swoop.script", Rule.UNKNOWN_FIELD),
    ("postmortem: {sections: [poem]}", "postmortem.sections", Rule.UNKNOWN_SECTION),
    ("postmortem: {draft_within: 3d}", "postmortem.draft_within", Rule.DRAFT_AFTER_DONE),
    ("metrics: {shown: [MTTX]}", "metrics.shown", Rule.UNKNOWN_METRIC),
    ("process: {sprint: 0s}", "process.sprint", Rule.MUST_BE_POSITIVE),
    ("severities: {SEV5: {label: a, name: b, definition: c, criteria: {}, coverage: 24x7, room: ticket, "
     "postmortem: required}, SEV4: }", "severities.SEV5", Rule.SEVERITY_NAME),
]  # fmt: skip


@pytest.mark.parametrize(("overlay", "path", "rule"), RULES)
def test_a_broken_rule_is_named_with_its_path(overlay: str, path: str, rule: Rule) -> None:
    assert (path, rule.value) in rules(overlay)


def test_an_overlay_merges_what_has_fields_and_replaces_lists() -> None:
    changed = parse(DEFAULT, "severities: {SEV2: {page: [on_call]}}")
    assert changed.severities["SEV2"].page == ("on_call",)
    assert changed.severities["SEV2"].name == "Major"
    assert [item.path for item in diff(preset(), changed)] == ["severities.SEV2.page"]


def test_a_table_of_texts_is_replaced_whole_and_may_take_texts_from_below() -> None:
    changed = parse(DEFAULT, "glossary: {SLO: , TTL: Time to live.}")
    assert changed.glossary == {"SLO": preset().glossary["SLO"], "TTL": "Time to live."}
    assert list(parse(DEFAULT, "glossary: [SME, SLO]").glossary) == ["SME", "SLO"]


def test_a_table_of_figures_is_replaced_whole() -> None:
    changed = parse(DEFAULT, "severities: {SEV1: {update_every: {internal: 10m}}}")
    assert changed.severities["SEV1"].update_every == {"internal": timedelta(minutes=10)}


def test_an_entry_set_to_null_is_taken_out() -> None:
    changed = parse(DEFAULT, "flags: {financial: }")
    assert "financial" not in changed.flags
    assert "security" in changed.flags


def test_a_difference_says_what_was_and_what_is() -> None:
    changed = parse(DEFAULT, "on_call: {rotation: 2w}\nbridge: {tools: [Jitsi]}")
    assert [(item.path, item.before, item.after) for item in diff(preset(), changed)] == [
        ("on_call.rotation", "1w", "2w"),
        ("bridge.tools", ["Zoom", "Meet"], ["Jitsi"]),
    ]
    assert diff(changed, changed) == ()


def test_an_added_and_a_removed_entry_are_differences_too() -> None:
    changed = parse(DEFAULT, "glossary: {SLO: }")
    gone = {item.path: item.after for item in diff(preset(), changed)}
    assert gone["glossary.SLA"] is None
    assert {item.path: item.before for item in diff(changed, preset())}["glossary.SLA"] is None


def test_the_fault_of_an_overlay_names_the_overlay() -> None:
    with pytest.raises(InvalidDocument) as invalid:
        parse(DEFAULT, "name: ok\nnonsense: 1")
    assert [(problem.layer, problem.line) for problem in invalid.value.problems] == [(1, 2)]


def test_words_stay_words_whatever_yaml_would_make_of_them() -> None:
    changed = parse(DEFAULT, "name: no\nabout: 000")
    assert (changed.name, changed.about) == ("no", "000")


def _every_key(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_every_key(item) for item in value.values())
    return sum(_every_key(item) for item in value) if isinstance(value, list) else 0


def fault_lines(text: str) -> list[int]:
    """The lines of all faults; none when the text is a Standard."""
    try:
        parse(text)
    except InvalidDocument as invalid:
        return [problem.line for problem in invalid.problems]
    return []


def test_leaving_out_a_line_of_the_default_never_crashes_the_reader() -> None:
    lines = DEFAULT.splitlines(keepends=True)
    found = [
        line
        for index in range(0, len(lines), 23)
        for line in fault_lines("".join(lines[:index] + lines[index + 1 :]))
    ]
    assert found
    assert min(found) >= 1


def test_the_dump_is_plain_yaml() -> None:
    assert _every_key(yaml.safe_load(to_yaml(preset()))) > 400
