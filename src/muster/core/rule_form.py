"""What each kind of rule may say, and how what people write is read (design section 6). Pure.

A rule is `matchers` and some fields; which, its kind says. `read_rule` returns the fields as they are stored,
or refuses with the field and what is wrong with it. Services and teams are ids here: doors bring handles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.matchers import BadMatcher, Matcher, matchers_from_json
from muster.core.recurrence import read_repeat
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.core.text import clean_text
from muster.core.urgency import Urgency
from muster.core.waiting import MOST_TIMES
from muster.core.wallclock import format_duration, format_moment, parse_duration, parse_moment, zone_names


class RuleKind(StrEnum):
    """What a rule does."""

    MAINTENANCE = "maintenance"
    INHIBITION = "inhibition"
    EVENT = "event"
    WAIT = "wait"
    COUNT = "count"
    FLAPPING = "flapping"
    GROUPING = "grouping"


class RuleRefusal(StrEnum):
    """Why a rule is refused."""

    KIND_UNKNOWN = "rule_kind_unknown"
    FIELD_NOT_OF_KIND = "rule_field_not_of_kind"
    FIELD_NEEDED = "rule_field_needed"
    FIELD_WRONG = "rule_field_wrong"
    NO_MATCHER = "rule_has_no_matcher"
    MATCHES_EVERYTHING = "rule_matches_everything"
    NO_REASON = "rule_needs_a_reason"
    DOES_NOTHING = "rule_does_nothing"
    ENDS_IN_THE_PAST = "rule_ends_in_the_past"
    NEVER_HAPPENS = "maintenance_never_happens"


class FieldProblem(StrEnum):
    """What is wrong with one field of a rule."""

    NO_TEXT = "no_text"
    NO_DURATION = "no_duration"
    NO_NUMBER = "no_number"
    NO_MOMENT = "no_moment"
    NO_ZONE = "no_zone"
    NO_REPEAT = "no_repeat"
    NO_LIST = "no_list"
    NO_TABLE = "no_table"
    NO_SEVERITY = "no_severity"
    NO_URGENCY = "no_urgency"
    NO_MATCHERS = "no_matchers"
    NOT_YES_OR_NO = "not_yes_or_no"


class _Wrong(ValueError):
    def __init__(self, problem: FieldProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one kind of rule: how each is read, and which must be there.

    `everything`: it may match every alert.
    """

    fields: Mapping[str, Reader]
    needed: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """A rule as it was read: to be stored as it is."""

    matchers: tuple[Matcher, ...]
    spec: Mapping[str, Any] = field(default_factory=dict)


def read_rule(kind: str, matchers: Sequence[Any], fields: Mapping[str, Any]) -> RuleSaid:
    """Read a rule. A field that is None, False or empty is absent.

    Raises:
        Refused: with a `RuleRefusal`.
        BadMatcher: a matcher cannot be read.
    """
    if kind not in FORMS:
        raise Refused(RuleRefusal.KIND_UNKNOWN, {"kind": str(kind)[:40], "known": ", ".join(RuleKind)})
    form = FORMS[RuleKind(kind)]
    read = matchers_from_json(list(matchers))
    spec: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None or value is False or value in ("", [], {}):
            continue
        if name not in form.fields:
            raise Refused(RuleRefusal.FIELD_NOT_OF_KIND, {"field": name[:40], "kind": kind})
        try:
            spec[name] = form.fields[name](value)
        except _Wrong as wrong:
            facts = {"field": name, "problem": wrong.problem, "written": str(value)[:80]}
            raise Refused(RuleRefusal.FIELD_WRONG, facts) from None
    for name in form.needed:
        if name not in spec:
            raise Refused(RuleRefusal.FIELD_NEEDED, {"field": name, "kind": kind})
    _check_reach(RuleKind(kind), form, read, spec)
    return RuleSaid(read, spec)


def _check_reach(kind: RuleKind, form: Form, matchers: tuple[Matcher, ...], spec: Mapping[str, Any]) -> None:
    """Refuse what does nothing, and what would hold back everything."""
    if kind is RuleKind.EVENT and not spec.keys() - {"last"}:
        raise Refused(RuleRefusal.DOES_NOTHING)
    holds_all = not form.everything or bool(spec.get("drop"))
    if kind is RuleKind.MAINTENANCE and (spec.get("services") or spec.get("teams")):
        return
    if holds_all and not matchers:
        raise Refused(RuleRefusal.NO_MATCHER)
    if holds_all and all(one.matches_text("") for one in matchers):
        raise Refused(RuleRefusal.MATCHES_EVERYTHING)


def _text(limit: int) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or clean_text(value) != value:
            raise _Wrong(FieldProblem.NO_TEXT)
        return value.strip()

    return read


def _duration(shortest: timedelta, longest: timedelta) -> Reader:
    def read(value: Any) -> str:
        try:
            found = value if isinstance(value, timedelta) else parse_duration(str(value))
        except (ValueError, OverflowError):
            raise _Wrong(FieldProblem.NO_DURATION) from None
        if not shortest <= found <= longest:
            raise _Wrong(FieldProblem.NO_DURATION)
        return format_duration(found)

    return read


def _number(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        try:
            found = int(value)
        except (ValueError, TypeError, OverflowError):
            raise _Wrong(FieldProblem.NO_NUMBER) from None
        if isinstance(value, bool) or not least <= found <= most:
            raise _Wrong(FieldProblem.NO_NUMBER)
        return found

    return read


def _moment(value: Any) -> str:
    try:
        found = parse_moment(str(value))
    except ValueError:
        raise _Wrong(FieldProblem.NO_MOMENT) from None
    if found.tzinfo is not None or not 2000 <= found.year <= 2200:
        raise _Wrong(FieldProblem.NO_MOMENT)
    return format_moment(found)


def _zone(value: Any) -> str:
    if value not in zone_names():
        raise _Wrong(FieldProblem.NO_ZONE)
    return str(value)


def _repeat(value: Any) -> str:
    try:
        return read_repeat(str(value)[:500])
    except ValueError:
        raise _Wrong(FieldProblem.NO_REPEAT) from None


def _ids(value: Any) -> list[int]:
    if not isinstance(value, list | tuple) or len(value) > 200 or not all(type(one) is int for one in value):
        raise _Wrong(FieldProblem.NO_LIST)
    return list(dict.fromkeys(value))


def _names(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > 20:
        raise _Wrong(FieldProblem.NO_LIST)
    return [_text(200)(one) for one in dict.fromkeys(value)]


def _matchers(value: Any) -> list[dict[str, Any]]:
    try:
        return [one.as_json() for one in matchers_from_json(value)]
    except BadMatcher:
        raise _Wrong(FieldProblem.NO_MATCHERS) from None


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 20:
        raise _Wrong(FieldProblem.NO_TABLE)
    return {_text(200)(name): _text(500)(text) for name, text in value.items()}


def _severity(value: Any) -> str:
    if value not in set(SignalSeverity):
        raise _Wrong(FieldProblem.NO_SEVERITY)
    return str(value)


def _urgency(value: Any) -> str:
    if value not in set(Urgency):
        raise _Wrong(FieldProblem.NO_URGENCY)
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(FieldProblem.NOT_YES_OR_NO)
    return value


_SECOND, _MINUTE, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

FORMS: Final[Mapping[RuleKind, Form]] = {
    RuleKind.MAINTENANCE: Form(
        {
            "starts": _moment,
            "lasts": _duration(_MINUTE, 31 * _DAY),
            "timezone": _zone,
            "repeat": _repeat,
            "services": _ids,
            "teams": _ids,
        },
        needed=("starts", "lasts", "timezone"),
    ),
    RuleKind.INHIBITION: Form({"source": _matchers, "equal": _names}, needed=("source",)),
    RuleKind.EVENT: Form(
        {
            "severity": _severity,
            "summary": _text(1000),
            "labels": _labels,
            "service": _number(1, 2**62),
            "urgency": _urgency,
            "declare": _text(40),
            "drop": _flag,
            "last": _flag,
        },
        everything=True,
    ),
    RuleKind.WAIT: Form({"lasts": _duration(_SECOND, _DAY)}, needed=("lasts",)),
    RuleKind.COUNT: Form(
        {"times": _number(2, MOST_TIMES), "within": _duration(_MINUTE, _DAY)}, needed=("times", "within")
    ),
    RuleKind.FLAPPING: Form(
        {"changes": _number(2, 100), "within": _duration(_MINUTE, _DAY)}, needed=("changes", "within")
    ),
    RuleKind.GROUPING: Form(
        {"by": _names, "within": _duration(_MINUTE, 7 * _DAY), "alike": _flag}, everything=True
    ),
}
"""What each kind of rule may say."""
