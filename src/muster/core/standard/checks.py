"""Rules of a Standard beyond its types: what it names exists, and no figure fights another.

Each rule is an enum, worded by whoever shows it; the path says where it is broken.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from muster.core.phases import Phase
from muster.core.standard.model import Standard
from muster.core.standard.severities import Impact, Scope, Severity

MAY_BE_SKIPPED: Final = frozenset({Phase.MOBILIZING, Phase.MITIGATING, Phase.REVIEWING})
"""Leaving out any other phase would leave no place to start, to work, to watch or to end."""

MAJOR: Final = "major"
"""The word in `readiness.applies_to` that is not a severity."""

Broken = tuple[str, "Rule"]


class Rule(StrEnum):
    """A rule of the document that was broken."""

    SEVERITY_NAME = "severity_name_is_sev_and_a_number_in_order"
    UNKNOWN_SEVERITY = "names_a_severity_that_does_not_exist"
    UNKNOWN_TARGET = "names_a_target_that_does_not_exist"
    UNKNOWN_ROLE = "names_a_role_that_does_not_exist"
    UNKNOWN_AUDIENCE = "names_an_audience_that_no_update_reaches"
    UNKNOWN_SECTION = "names_a_section_without_a_guide"
    UNKNOWN_METRIC = "names_a_metric_without_a_definition"
    UNKNOWN_FIELD = "uses_a_field_that_the_template_does_not_list"
    MATRIX_HOLE = "matrix_has_no_answer_here"
    REQUIRED_NOT_IN_USE = "required_role_is_not_in_use"
    PHASE_NOT_SKIPPABLE = "phase_cannot_be_skipped"
    PHASE_TWICE = "phase_is_covered_twice"
    UPDATE_TOO_RARE = "longer_than_the_longest_gap_allowed"
    REMINDER_AFTER_LIMIT = "reminder_is_later_than_the_limit"
    DRAFT_AFTER_DONE = "draft_is_due_after_the_finished_text"
    MUST_BE_POSITIVE = "must_be_more_than_zero"


def broken_rules(standard: Standard) -> Iterator[Broken]:
    """Yield each broken rule with its path."""
    yield from _severities(standard)
    yield from _matrix(standard)
    yield from _roles(standard)
    yield from _flags(standard)
    yield from _phases(standard)
    yield from _templates(standard)
    yield from _learning(standard)


def _severities(standard: Standard) -> Iterator[Broken]:
    for number, (name, severity) in enumerate(standard.severities.items(), start=1):
        path = f"severities.{name}"
        if name != f"SEV{number}":
            yield path, Rule.SEVERITY_NAME
        yield from _unknown(f"{path}.page", severity.page, standard.targets, Rule.UNKNOWN_TARGET)
        yield from _unknown(f"{path}.notify", severity.notify, standard.targets, Rule.UNKNOWN_TARGET)
        joins = (severity.joins,) if severity.joins else ()
        yield from _unknown(f"{path}.joins", joins, standard.targets, Rule.UNKNOWN_TARGET)
        if not set(severity.skips) <= MAY_BE_SKIPPED:
            yield f"{path}.skips", Rule.PHASE_NOT_SKIPPABLE
        yield from _times(standard, path, severity)
    if not standard.severities:
        yield "severities", Rule.SEVERITY_NAME
    if standard.major.severity_floor not in standard.severities:
        yield "major.severity_floor", Rule.UNKNOWN_SEVERITY
    known = {*standard.severities, MAJOR}
    yield from _unknown("readiness.applies_to", standard.readiness.applies_to, known, Rule.UNKNOWN_SEVERITY)


def _times(standard: Standard, path: str, severity: Severity) -> Iterator[Broken]:
    streams = set(standard.updates.audiences.values())
    yield from _unknown(f"{path}.update_every", severity.update_every, streams, Rule.UNKNOWN_AUDIENCE)
    for stream, every in severity.update_every.items():
        if not every:
            yield f"{path}.update_every.{stream}", Rule.MUST_BE_POSITIVE
        if severity.update_at_most is not None and every > severity.update_at_most:
            yield f"{path}.update_every.{stream}", Rule.UPDATE_TOO_RARE
    reminder, limit = severity.fix_reminder_business_days, severity.fix_within_business_days
    if reminder is not None and limit is not None and reminder > limit:
        yield f"{path}.fix_reminder_business_days", Rule.REMINDER_AFTER_LIMIT


def _matrix(standard: Standard) -> Iterator[Broken]:
    for impact in Impact:
        for scope in Scope:
            answer = standard.matrix.get(impact, {}).get(scope)
            if answer is None:
                yield f"matrix.{impact}.{scope}", Rule.MATRIX_HOLE
            elif answer not in standard.severities:
                yield f"matrix.{impact}.{scope}", Rule.UNKNOWN_SEVERITY


def _roles(standard: Standard) -> Iterator[Broken]:
    roles = standard.roles
    yield from _unknown("roles.in_use", roles.in_use, roles.definitions, Rule.UNKNOWN_ROLE)
    yield from _unknown("roles.required", roles.required, roles.in_use, Rule.REQUIRED_NOT_IN_USE)
    held_by = (roles.undelegated_held_by,)
    yield from _unknown("roles.undelegated_held_by", held_by, roles.in_use, Rule.UNKNOWN_ROLE)
    for name, checklist in standard.checklists.items():
        role = (checklist.role,) if checklist.role else ()
        yield from _unknown(f"checklists.{name}.role", role, roles.definitions, Rule.UNKNOWN_ROLE)


def _flags(standard: Standard) -> Iterator[Broken]:
    for name, flag in standard.flags.items():
        yield from _unknown(f"flags.{name}.page", flag.page, standard.targets, Rule.UNKNOWN_TARGET)
        yield from _unknown(f"flags.{name}.notify", flag.notify, standard.targets, Rule.UNKNOWN_TARGET)
        if flag.severity is not None and flag.severity not in standard.severities:
            yield f"flags.{name}.severity", Rule.UNKNOWN_SEVERITY


def _phases(standard: Standard) -> Iterator[Broken]:
    for name, stages in (("stages", standard.phases.stages), ("overview", standard.phases.overview)):
        seen: set[Phase] = set()
        for index, stage in enumerate(stages):
            if seen & set(stage.covers):
                yield f"phases.{name}.{index}.covers", Rule.PHASE_TWICE
            seen |= set(stage.covers)


_FIELD = re.compile(r"\{(\w*)\}")


def _templates(standard: Standard) -> Iterator[Broken]:
    for name, template in standard.templates.items():
        used = _FIELD.findall(template.body)
        yield from _unknown(f"templates.{name}.body", used, template.fields, Rule.UNKNOWN_FIELD)
    swoop = standard.chat.swoop
    used = _FIELD.findall(swoop.script)
    yield from _unknown("chat.swoop.script", used, swoop.script_fields, Rule.UNKNOWN_FIELD)


def _learning(standard: Standard) -> Iterator[Broken]:
    postmortem, metrics = standard.postmortem, standard.metrics
    yield from _unknown(
        "postmortem.sections", postmortem.sections, postmortem.section_guides, Rule.UNKNOWN_SECTION
    )
    if postmortem.draft_within > postmortem.done_within:
        yield "postmortem.draft_within", Rule.DRAFT_AFTER_DONE
    means = [name for name in metrics.shown if not name.startswith("count_by_")]
    yield from _unknown("metrics.shown", means, metrics.definitions, Rule.UNKNOWN_METRIC)
    if not standard.process.sprint:
        yield "process.sprint", Rule.MUST_BE_POSITIVE


def _unknown(path: str, names: Iterable[str], known: Iterable[str], rule: Rule) -> Iterator[Broken]:
    if not set(names) <= set(known):
        yield path, rule
