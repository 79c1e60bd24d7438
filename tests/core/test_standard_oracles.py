"""Every value of the five documents stands in the Standard: in the default and in each preset (R1 to R60).

`tests/oracles/mapping.yaml` says where; this file only reads paths, converts units and compares.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.core.phases import Phase
from muster.core.severity import gap_percent
from muster.core.standard import Standard
from muster.foundation.standard.presets import PRESETS, preset

TESTS = Path(__file__).parents[1]
VALUES = {row["id"]: row for row in yaml.safe_load((TESTS / "oracles/values.yaml").read_text("utf-8"))}
MAPPING: dict[str, Any] = yaml.safe_load((TESTS / "oracles/mapping.yaml").read_text("utf-8"))
COMPUTED = {
    "@gap_percent": lambda standard: list(gap_percent(standard)),
    "@agenda_total": lambda standard: sum(standard.postmortem.meeting.agenda.values(), timedelta()),
    "@mobilized_severities": lambda standard: [
        name for name, level in standard.severities.items() if Phase.MOBILIZING not in level.skips
    ],
}
UNITS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}


def entry(row_id: str) -> dict[str, Any]:
    """A row of the mapping; a bare path is short for `at`."""
    found = MAPPING[row_id]
    return {"at": found} if isinstance(found, str) else dict(found)


COMPARED = [row_id for row_id in MAPPING if "at" in entry(row_id)]


def look_up(value: Any, path: str) -> Any:
    """Follow a dotted path through dataclasses, mappings and lists; `*` collects."""
    for position, step in enumerate(steps := path.split(".")):
        if step == "*":
            items = list(value.values() if isinstance(value, Mapping) else value)
            rest = ".".join(steps[position + 1 :])
            return [look_up(item, rest) if rest else item for item in items]
        value = value[step] if isinstance(value, Mapping) else getattr(value, step)
    return value


def read(standard: Standard, at: Any) -> Any:
    """What the Standard says at a path, a list of paths or a table of paths."""
    if isinstance(at, list):
        return [read(standard, path) for path in at]
    if isinstance(at, dict):
        return {key: read(standard, path) for key, path in at.items()}
    if at in COMPUTED:
        return COMPUTED[at](standard)
    if selected := re.fullmatch(r"severities\[(\w+)(?:=(\w+))?\]", at):
        name, wanted = selected.groups()
        levels = standard.severities.items()
        return [key for key, level in levels if _holds(getattr(level, name), wanted)]
    return look_up(standard, at)


def _holds(value: Any, wanted: str | None) -> bool:
    return bool(value) if wanted is None else value == wanted


def plain(value: Any, unit: str) -> Any:
    """Our value in the oracle's terms: durations as figures of its unit, enums and dates as text."""
    if isinstance(value, timedelta):
        first = next(word for word in re.findall(r"[a-z]+", unit) if word in UNITS)
        return value / UNITS[first]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        named = {item.name.rstrip("_"): getattr(value, item.name) for item in fields(value)}
        return {key: plain(item, unit) for key, item in named.items() if item is not None}
    if isinstance(value, Mapping):
        return {str(key): plain(item, unit) for key, item in value.items()}
    return [plain(item, unit) for item in value] if isinstance(value, tuple | list) else value


def slug(value: Any) -> Any:
    """Words compare by their letters and digits; figures and truth values as they are."""
    if isinstance(value, str):
        return re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")
    if isinstance(value, dict):
        return {slug(key): slug(item) for key, item in value.items()}
    return [slug(item) for item in value] if isinstance(value, list) else value


def in_our_words(value: Any, words: dict[str, Any]) -> Any:
    """The oracle's words exchanged for ours; one word may stand for several, or for none."""
    translated = {slug(key): slug(word) for key, word in words.items()}
    if isinstance(value, dict):
        return {key: in_our_words(item, words) for key, item in value.items()}
    if not isinstance(value, list):
        return translated.get(value, value) if isinstance(value, str) else value
    result: list[Any] = []
    for item in value:
        ours = translated.get(item, item) if isinstance(item, str) else item
        result += [one for one in (ours if isinstance(ours, list) else [ours]) if one not in (None, *result)]
    return result


def expected(row_id: str, name: str) -> tuple[Any, bool]:
    """What the oracle wants under a preset, and whether the source itself speaks (else the default holds)."""
    row = VALUES[row_id]
    own = None if name == "default" else row["values"][name]
    return (row["default"], False) if own is None else (own, True)


def check(row_id: str, name: str) -> None:
    """Compare one row under one preset."""
    row, rule, standard = VALUES[row_id], entry(row_id), preset(name)
    wanted, is_own = expected(row_id, name)
    how = rule.get("how", "equal")
    if how == "mentions" and not is_own:
        standard = preset()
    ours = read(standard, rule["at"])
    ours = len(ours) if how == "count" else plain(ours, f"{row['unit']} {row_id}")
    if name in rule.get("under", {}):
        assert rule["under"][name]["because"].endswith(".")
        assert ours == rule["under"][name]["reads"]
        return
    if "means" in rule:
        wanted = rule["means"][str(wanted)]
    wanted = in_our_words(slug(wanted), rule.get("words", {}))
    compare(slug(ours), wanted, how, rule, is_own=is_own, is_preset=name != "default")


def compare(
    ours: Any, wanted: Any, how: str, rule: dict[str, Any], *, is_own: bool = True, is_preset: bool = True
) -> None:
    """Compare our value with the oracle's, both in our words."""
    if how == "mentions":
        assert str(wanted) in str(ours).split("_")
        return
    if how == "has":
        assert wanted in ours
        return
    if how == "present":
        assert bool(ours) == wanted
        return
    if how == "keys":
        ours, wanted = list(ours), list(wanted)
    if how == "includes" and is_preset:
        assert_includes(ours, wanted)
    elif rule.get("each"):
        assert ours
        for one in ours:
            assert_equal(one, wanted, is_range=is_own)
    else:
        assert_equal(ours, wanted, is_range=is_own, ordered=rule.get("ordered", False))


def assert_includes(ours: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        assert wanted.items() <= ours.items()
    else:
        assert set(wanted) <= set(ours)


def assert_equal(ours: Any, wanted: Any, *, is_range: bool, ordered: bool = False) -> None:
    """Equal; a range under a preset is met by any figure inside; one word may stand for a list of one."""
    if is_range and isinstance(wanted, list) and len(wanted) == 2 and all(type(end) is int for end in wanted):
        figures = list(ours.values()) if isinstance(ours, dict) else [ours]
        if all(isinstance(figure, int | float) for figure in figures):
            assert all(wanted[0] <= figure <= wanted[1] for figure in figures)
            return
    if isinstance(ours, list) and not isinstance(wanted, list):
        wanted = [wanted]
    if ordered or not isinstance(ours, list):
        assert ours == wanted
        assert not isinstance(ours, dict) or not ordered or list(ours) == list(wanted)
    else:
        assert sorted(map(str, ours)) == sorted(map(str, wanted))


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("row_id", COMPARED)
def test_the_standard_holds_the_value_of_its_source(row_id: str, name: str) -> None:
    check(row_id, name)


def test_the_mapping_holds_every_value_and_no_other() -> None:
    assert set(MAPPING) == set(VALUES)


@pytest.mark.parametrize("row_id", [row_id for row_id in MAPPING if "at" not in entry(row_id)])
def test_a_row_that_is_not_compared_names_its_test_or_its_reason(row_id: str) -> None:
    rule = entry(row_id)
    if "not_applicable" in rule:
        assert len(rule["not_applicable"].split()) >= 5
        return
    file, _, name = rule["vector"].partition("::")
    assert f"def {name}(" in (TESTS.parent / file).read_text("utf-8")


def test_a_wrong_value_is_noticed() -> None:
    with pytest.raises(AssertionError):
        assert_equal(31.0, [15, 30], is_range=True)
    with pytest.raises(AssertionError):
        compare(["a"], ["a", "b"], "equal", {})
    with pytest.raises(AssertionError):
        compare({"b": 1, "a": 1}, {"a": 1, "b": 1}, "equal", {"ordered": True})
    with pytest.raises(AssertionError):
        compare({"a": ""}, ["a", "b"], "keys", {})


def test_no_wording_is_copied_from_the_examples_of_the_sources() -> None:
    """Keys carry the facts over, texts are ours: no text of the Standard equals an oracle's wording."""
    quoted = {
        slug(text) for row in VALUES.values() for text in _texts([row["default"], *row["values"].values()])
    }
    ours = {slug(text) for text in _texts(_tables(preset()))}
    assert {text for text in ours & quoted if text.count("_") > 3} == set()


def _texts(values: Any) -> list[str]:
    found: list[str] = []
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | dict):
            found += _texts(value)
    return found


def _tables(standard: Standard) -> list[Any]:
    tables = [standard.principles, standard.glossary, standard.anti_patterns, standard.on_call.rationales]
    return [dict(table) for table in tables]
