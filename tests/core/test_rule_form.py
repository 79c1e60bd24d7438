"""What each kind of rule may say, and what is refused."""

from typing import Any

import pytest

from muster.core.matchers import BadMatcher
from muster.core.refusal import Refused
from muster.core.rule_form import FORMS, FieldProblem, RuleKind, RuleRefusal, read_rule

WORK = {"starts": "2026-03-01T02:00", "lasts": "2h", "timezone": "Europe/Madrid"}


@pytest.mark.parametrize(
    ("kind", "matchers", "fields", "spec"),
    [
        ("maintenance", [], WORK | {"services": [3, 3, 1]}, WORK | {"services": [3, 1]}),
        (
            "maintenance",
            ["env=dev"],
            WORK | {"lasts": "120m", "repeat": "freq=weekly;byday=su"},
            WORK | {"repeat": "FREQ=WEEKLY;BYDAY=SU"},
        ),
        (
            "inhibition",
            ["severity=warning"],
            {"source": ["severity=critical"], "equal": ["env"]},
            {"source": [{"field": "severity", "op": "=", "value": "critical"}], "equal": ["env"]},
        ),
        ("event", [], {"severity": "info", "drop": False, "labels": {}}, {"severity": "info"}),
        ("event", ["env=dev"], {"drop": True}, {"drop": True}),
        ("wait", ["env=dev"], {"lasts": "300s"}, {"lasts": "5m"}),
        ("count", ["env=dev"], {"times": 5, "within": "10m"}, {"times": 5, "within": "10m"}),
        ("flapping", ["env=dev"], {"changes": "4", "within": "1h"}, {"changes": 4, "within": "1h"}),
        ("grouping", [], {"by": ["env"], "alike": True}, {"by": ["env"], "alike": True}),
    ],
)
def test_a_rule_is_read_into_one_spelling(
    kind: str, matchers: list[str], fields: dict[str, Any], spec: dict[str, Any]
) -> None:
    said = read_rule(kind, matchers, fields)
    assert said.spec == spec
    assert [str(one) for one in said.matchers] == [one.replace("=", '="') + '"' for one in matchers]
    assert read_rule(kind, [one.as_json() for one in said.matchers], said.spec) == said


@pytest.mark.parametrize(
    ("kind", "matchers", "fields", "refusal"),
    [
        ("nothing", [], {}, RuleRefusal.KIND_UNKNOWN),
        ("wait", ["env=dev"], {}, RuleRefusal.FIELD_NEEDED),
        ("wait", ["env=dev"], {"lasts": "5m", "times": 3}, RuleRefusal.FIELD_NOT_OF_KIND),
        ("wait", [], {"lasts": "5m"}, RuleRefusal.NO_MATCHER),
        ("wait", ["env!=prod"], {"lasts": "5m"}, RuleRefusal.MATCHES_EVERYTHING),
        ("maintenance", [], WORK, RuleRefusal.NO_MATCHER),
        ("event", ["env=dev"], {}, RuleRefusal.DOES_NOTHING),
        ("event", ["env=dev"], {"last": True}, RuleRefusal.DOES_NOTHING),
        ("event", [], {"drop": True}, RuleRefusal.NO_MATCHER),
        ("event", ["env=~.*"], {"drop": True}, RuleRefusal.MATCHES_EVERYTHING),
        ("inhibition", ["env=dev"], {"source": []}, RuleRefusal.FIELD_NEEDED),
    ],
)
def test_what_is_refused(
    kind: str, matchers: list[str], fields: dict[str, Any], refusal: RuleRefusal
) -> None:
    with pytest.raises(Refused) as refused:
        read_rule(kind, matchers, fields)
    assert refused.value.reason is refusal


@pytest.mark.parametrize(
    ("kind", "field", "value", "problem"),
    [
        ("wait", "lasts", "soon", FieldProblem.NO_DURATION),
        ("wait", "lasts", "2w", FieldProblem.NO_DURATION),
        ("count", "times", 1, FieldProblem.NO_NUMBER),
        ("count", "times", True, FieldProblem.NO_NUMBER),
        ("count", "times", 51, FieldProblem.NO_NUMBER),
        ("maintenance", "starts", "2026-03-01T02:00+01:00", FieldProblem.NO_MOMENT),
        ("maintenance", "timezone", "Mars/Olympus", FieldProblem.NO_ZONE),
        ("maintenance", "repeat", "FREQ=SECONDLY", FieldProblem.NO_REPEAT),
        ("maintenance", "services", "checkout", FieldProblem.NO_LIST),
        ("inhibition", "source", ["?"], FieldProblem.NO_MATCHERS),
        ("inhibition", "equal", [3], FieldProblem.NO_TEXT),
        ("event", "severity", "SEV1", FieldProblem.NO_SEVERITY),
        ("event", "urgency", "now", FieldProblem.NO_URGENCY),
        ("event", "labels", ["a"], FieldProblem.NO_TABLE),
        ("event", "summary", "a\x00b", FieldProblem.NO_TEXT),
        ("event", "drop", "yes", FieldProblem.NOT_YES_OR_NO),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong(
    kind: str, field: str, value: Any, problem: FieldProblem
) -> None:
    with pytest.raises(Refused) as refused:
        read_rule(kind, ["env=dev"], {field: value})
    assert refused.value.reason is RuleRefusal.FIELD_WRONG
    assert (refused.value.detail["field"], refused.value.detail["problem"]) == (field, problem)


def test_a_matcher_that_cannot_be_read_is_told_apart() -> None:
    with pytest.raises(BadMatcher):
        read_rule("wait", ["("], {"lasts": "5m"})


def test_every_kind_has_its_form() -> None:
    assert set(FORMS) == set(RuleKind)
