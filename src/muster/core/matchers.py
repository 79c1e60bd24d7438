"""Matchers: what a rule (silence, route, inhibition, grouping) looks for in an alert (design section 6).

A matcher names a field, an operator and a value: `severity=critical`, `alertname=~"Disk.*"`,
`team in (payments, checkout)`. Regular expressions are RE2's, match the whole text and take linear time.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core.patterns import BadPattern, compiled
from muster.core.text import clean_text

VALUE_LIMIT_CHARS = 500
VALUES_LIMIT = 200
MATCHERS_LIMIT = 50
FIELDS = ("severity", "service", "integration", "summary", "source", "component", "group", "class")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]{0,199}")
_TEXT = re.compile(
    r"\s*(?P<name>[^\s=!~]+)\s*(?P<op>=~|!~|!=|==|=|\bnot in\b|\bin\b)\s*(?P<value>.*?)\s*", re.DOTALL
)


class Op(StrEnum):
    """How a matcher compares."""

    IS = "="
    IS_NOT = "!="
    LIKE = "=~"
    UNLIKE = "!~"
    ONE_OF = "in"
    NONE_OF = "not in"


class MatcherProblem(StrEnum):
    """Why a matcher is refused; views and `apply` word it."""

    NOT_A_MATCHER = "not_a_matcher"
    BAD_FIELD = "bad_field"
    BAD_OPERATOR = "bad_operator"
    BAD_VALUE = "bad_value"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    BAD_PATTERN = "bad_pattern"


class BadMatcher(ValueError):
    """A matcher was refused. `written` is what was given, `detail` what RE2 says of a pattern."""

    def __init__(self, problem: MatcherProblem, written: str, detail: str = "") -> None:
        super().__init__(f"{problem.value}: {written[:200]} {detail}".strip())
        self.problem = problem
        self.written = written[:200]
        self.detail = detail


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as rules see it. `service` and `integration` are handles; absent texts are empty.

    `count` is how often its sender sent it, `seen` when lately, `changes` when what it is about came and
    went: only rules that count need those. `paged`: people have been paged for it.
    """

    id: int | None
    service: str
    severity: str
    summary: str
    integration: str = ""
    source: str = ""
    component: str = ""
    group: str = ""
    class_: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    group_key: str = ""
    opened_at: datetime | None = None
    count: int = 1
    seen: tuple[datetime, ...] = ()
    changes: tuple[datetime, ...] = ()
    paged: bool = False

    def text(self, name: str) -> str:
        """The text of a field, else of the label of that name (`label.x`: the label only), else empty."""
        if name.startswith("label."):
            return self.labels.get(name.removeprefix("label."), "")
        if name in FIELDS:
            own = getattr(self, "class_" if name == "class" else name)
            return str(own) or self.labels.get(name, "")
        return self.labels.get(name, "")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition. Made by `matcher`, `from_json` or `parse`, which check it."""

    name: str
    op: Op
    values: tuple[str, ...]

    def matches(self, alert: AlertView) -> bool:
        """Whether the alert fulfils it. An absent field reads as the empty text, as in Alertmanager."""
        return self.matches_text(alert.text(self.name))

    def matches_text(self, text: str) -> bool:
        """Whether a text fulfils it."""
        if self.op in (Op.LIKE, Op.UNLIKE):
            found = compiled(self.values[0]).fullmatch(text) is not None
            return found is (self.op is Op.LIKE)
        return (text in self.values) is (self.op in (Op.IS, Op.ONE_OF))

    def as_json(self) -> dict[str, Any]:
        """`{"field", "op", "value"}`; the value is a list for `in` and `not in`."""
        many = self.op in (Op.ONE_OF, Op.NONE_OF)
        return {
            "field": self.name,
            "op": self.op.value,
            "value": list(self.values) if many else self.values[0],
        }

    def __str__(self) -> str:
        if self.op in (Op.ONE_OF, Op.NONE_OF):
            return f"{self.name} {self.op} ({', '.join(self.values)})"
        return f'{self.name}{self.op}"{self.values[0]}"'


def matcher(name: str, op: Op, *values: str) -> Matcher:
    """A checked matcher. Raises `BadMatcher`."""
    made = Matcher(name, op, values)
    if not _NAME.fullmatch(name):
        raise BadMatcher(MatcherProblem.BAD_FIELD, name)
    if not values or (len(values) > 1 and op not in (Op.ONE_OF, Op.NONE_OF)):
        raise BadMatcher(MatcherProblem.BAD_VALUE, name)
    if len(values) > VALUES_LIMIT:
        raise BadMatcher(MatcherProblem.TOO_MANY, name)
    if any(clean_text(value) != value for value in values):
        raise BadMatcher(MatcherProblem.BAD_VALUE, name)
    if any(len(value) > VALUE_LIMIT_CHARS for value in values):
        raise BadMatcher(MatcherProblem.TOO_LONG, str(made))
    if op in (Op.LIKE, Op.UNLIKE):
        try:
            compiled(values[0])
        except BadPattern as why:
            raise BadMatcher(MatcherProblem.BAD_PATTERN, str(made), str(why)) from why
    return made


def from_json(value: Any) -> Matcher:
    """Read one matcher from its JSON form, or from its text. Raises `BadMatcher`."""
    if isinstance(value, str):
        return parse(value)
    if not isinstance(value, Mapping) or set(value) != {"field", "op", "value"}:
        raise BadMatcher(MatcherProblem.NOT_A_MATCHER, str(value))
    try:
        op = Op(value["op"])
    except ValueError as why:
        raise BadMatcher(MatcherProblem.BAD_OPERATOR, str(value["op"])) from why
    given = value["value"]
    values = given if isinstance(given, list) else [given]
    if not isinstance(value["field"], str) or not all(isinstance(one, str) for one in values):
        raise BadMatcher(MatcherProblem.BAD_VALUE, str(value))
    return matcher(value["field"], op, *values)


def parse(text: str) -> Matcher:
    """Read one matcher as people write it; quotes around a value are optional. Raises `BadMatcher`."""
    if len(text) > VALUE_LIMIT_CHARS * 4:
        raise BadMatcher(MatcherProblem.TOO_LONG, text)
    found = _TEXT.fullmatch(text)
    if found is None:
        raise BadMatcher(MatcherProblem.NOT_A_MATCHER, text)
    op = Op("=" if found["op"] == "==" else found["op"])
    value = found["value"]
    if op not in (Op.ONE_OF, Op.NONE_OF):
        return matcher(found["name"], op, _unquoted(value))
    if not (value.startswith("(") and value.endswith(")")):
        raise BadMatcher(MatcherProblem.BAD_VALUE, text)
    parts = [_unquoted(part.strip()) for part in value[1:-1].split(",")]
    return matcher(found["name"], op, *[part for part in parts if part])


def matchers_from_json(values: Any) -> tuple[Matcher, ...]:
    """Read a list of matchers. Raises `BadMatcher`."""
    if not isinstance(values, list | tuple):
        raise BadMatcher(MatcherProblem.NOT_A_MATCHER, str(values))
    if len(values) > MATCHERS_LIMIT:
        raise BadMatcher(MatcherProblem.TOO_MANY, str(len(values)))
    return tuple(from_json(value) for value in values)


def all_match(matchers: Iterable[Matcher], alert: AlertView) -> bool:
    """Whether the alert fulfils every one; no matcher at all is fulfilled by everything."""
    return all(one.matches(alert) for one in matchers)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
