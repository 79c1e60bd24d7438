"""What is learnt: whether a postmortem is due and why, its life, and its first draft (R52 to R57)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.change import Change
from muster.core.metrics import IncidentTimes, elapsed
from muster.core.refusal import Refused
from muster.core.standard import Point, PostmortemRule, Standard, Trigger

UTC_SECOND: Final = "%Y-%m-%d %H:%M:%S"
UTC_MINUTE: Final = "%Y-%m-%d %H:%M"


class Due(StrEnum):
    """Why a postmortem is due beside the triggers."""

    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Fired:
    """One reason why a postmortem is due; `fact` holds the figure or word that it rests on."""

    why: Trigger | Due
    fact: str = ""


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What the triggers look at. Durations are elapsed time; None where nobody knows.

    `interventions` are kinds of what people did to mend it (`rollback`, `reroute`, ...). `slo` is the time to
    resolve that the service promises, where it has one. `found_by_person` says that no alert told of it.
    """

    client_visible_downtime: timedelta | None = None
    is_slo_missed: bool = False
    is_data_lost: bool = False
    interventions: frozenset[str] = frozenset()
    time_to_resolve: timedelta | None = None
    slo: timedelta | None = None
    found_by_person: bool = False
    is_monitoring_failure: bool = False
    requested_by: str = ""


def postmortem_due(standard: Standard, severity: str, facts: TriggerFacts) -> tuple[Fired, ...]:
    """Return every reason why a postmortem is due; empty when none is (R52). It is never skipped silently."""
    fired = []
    if standard.severity(severity).postmortem is PostmortemRule.REQUIRED:
        fired.append(Fired(Due.SEVERITY, severity))
    for trigger in standard.postmortem.triggers.set:
        fact = _fires(standard, trigger, facts)
        if fact:
            fired.append(Fired(trigger, fact))
    return tuple(fired)


def _fires(standard: Standard, trigger: Trigger, facts: TriggerFacts) -> str:
    """The fact on which the trigger fires, or nothing."""
    rules = standard.postmortem.triggers
    match trigger:
        case Trigger.CLIENT_VISIBLE_IMPACT:
            downtime = facts.client_visible_downtime
            return str(downtime) if downtime is not None and downtime > rules.downtime_over else ""
        case Trigger.SLO_MISSED:
            return "missed" if facts.is_slo_missed else ""
        case Trigger.DATA_LOSS:
            return rules.data_loss if facts.is_data_lost else ""
        case Trigger.ONCALL_INTERVENTION:
            return _interventions(rules.intervention_kinds, facts.interventions)
        case Trigger.RESOLUTION_TIME:
            limit = facts.slo if facts.slo is not None else rules.resolution_over
            took = facts.time_to_resolve
            return str(took) if took is not None and took > limit else ""
        case Trigger.MONITORING_FAILURE:
            by_person = facts.found_by_person and rules.manual_discovery_is_monitoring_failure
            return "found_by_person" if by_person else "said" if facts.is_monitoring_failure else ""
        case Trigger.STAKEHOLDER_REQUEST:
            return "requested" if facts.requested_by.strip() else ""


def _interventions(kinds: Sequence[str], done: frozenset[str]) -> str:
    """Those that count; where the Standard names `other`, every kind does."""
    counted = sorted(done) if "other" in kinds else sorted(done & set(kinds))
    return ", ".join(counted)


# The life of a postmortem


class PostmortemState(StrEnum):
    """Where a postmortem stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class PostmortemVerb(StrEnum):
    """What can be done to a postmortem."""

    HAND_IN = "hand_in"
    RETURN = "return"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class ReviewRefusal(StrEnum):
    """Why a postmortem or an action item was not moved."""

    NO_SUCH_MOVE = "no_such_move"
    REASON_NEEDED = "reason_needed"
    SECTIONS_EMPTY = "sections_empty"
    UNKNOWN_TAG = "unknown_tag"
    OWNER_NEEDED = "owner_needed"


_MOVES: Final[Mapping[tuple[PostmortemState, PostmortemVerb], tuple[PostmortemState, str]]] = {
    (PostmortemState.DRAFT, PostmortemVerb.HAND_IN): (PostmortemState.IN_REVIEW, "postmortem.handed_in"),
    (PostmortemState.IN_REVIEW, PostmortemVerb.RETURN): (PostmortemState.DRAFT, "postmortem.returned"),
    (PostmortemState.IN_REVIEW, PostmortemVerb.PUBLISH): (PostmortemState.PUBLISHED, "postmortem.published"),
    (PostmortemState.PUBLISHED, PostmortemVerb.WITHDRAW): (PostmortemState.DRAFT, "postmortem.withdrawn"),
}
_STAMP: Final = {PostmortemVerb.HAND_IN: "handed_in_at", PostmortemVerb.PUBLISH: "published_at"}


def move(
    state: str, verb: PostmortemVerb, *, at: datetime, empty_sections: Sequence[str] = (), why: str = ""
) -> Change:
    """Return what the verb does to a postmortem: draft -> in_review -> published, and back with a reason.

    `empty_sections` are those that still say nothing; with any, it can be neither handed in nor published.

    Raises:
        Refused: there is no such move, sections are empty, or going back has no reason.
    """
    before = PostmortemState(state)
    step = _MOVES.get((before, verb))
    if step is None:
        raise Refused(ReviewRefusal.NO_SUCH_MOVE, {"state": state, "verb": verb.value})
    goes_back = verb in (PostmortemVerb.RETURN, PostmortemVerb.WITHDRAW)
    if goes_back and not why.strip():
        raise Refused(ReviewRefusal.REASON_NEEDED, {"verb": verb.value})
    if empty_sections and not goes_back:
        raise Refused(ReviewRefusal.SECTIONS_EMPTY, {"sections": list(empty_sections)})
    to, kind = step
    columns = {"state": to.value} | ({_STAMP[verb]: at} if verb in _STAMP else {})
    text = {"why": why.strip()} if why.strip() else {}
    return Change(kind, columns, {"before": before.value, "state": to.value}, text)


# The draft


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline: when (aware), and what happened in words, worded by the caller."""

    at: datetime
    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What a first draft is made from. Words that people wrote stand as they wrote them.

    `went` collects notes that people marked during the incident: section id to lines.
    """

    title: str
    times: IncidentTimes
    severity_label: str = ""
    author: str = ""
    summary: str = ""
    users_affected_percent: float | None = None
    transactions: int | None = None
    cost: str = ""
    moments: tuple[Moment, ...] = ()
    actions_taken: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = ()
    action_items: tuple[str, ...] = ()
    went: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class DraftSection:
    """One section of the draft: the question that it answers, and the lines that are known already."""

    id: str
    title: str
    asks: str
    lines: tuple[str, ...]


def draft(standard: Standard, facts: DraftFacts) -> tuple[DraftSection, ...]:
    """Return the draft in the Standard's sections and order; what is not known stays empty with its question.

    Times are UTC, to the grain that the Standard asks for; the duration is computed and never typed (R54).
    """
    known = _known(standard, facts)
    guides = standard.postmortem.section_guides
    return tuple(
        DraftSection(name, guides[name].title, guides[name].asks, tuple(known.get(name, ())))
        for name in standard.postmortem.sections
    )


def impact_duration(times: IncidentTimes) -> timedelta | None:
    """Return how long users felt it: from the start of impact until it was stopped, or else resolved."""
    stopped = elapsed(times, Point.IMPACT_START, Point.MITIGATED)
    return stopped if stopped is not None else elapsed(times, Point.IMPACT_START, Point.RESOLVED)


def _known(standard: Standard, facts: DraftFacts) -> dict[str, Iterable[str]]:
    times, grain = facts.times, standard.postmortem.timeline_grain
    stamp = UTC_MINUTE if grain == "minute" else UTC_SECOND
    started = times.impact_started_at or times.declared_at
    whys = [f"{number}." for number in range(1, standard.postmortem.five_whys + 1)]
    percent = facts.users_affected_percent
    return {
        "title": _line(facts.title),
        "date": [started.astimezone(UTC).strftime("%Y-%m-%d")] if started else [],
        "duration": _span(elapsed(times, Point.IMPACT_START, Point.RESOLVED)),
        "severity": _line(facts.severity_label or times.severity),
        "author": _line(facts.author),
        "executive_summary": _line(facts.summary),
        "impact_duration": _span(impact_duration(times)),
        "impact_users_percent": [f"{percent:g} %"] if percent is not None else [],
        "impact_transactions": [str(facts.transactions)] if facts.transactions is not None else [],
        "impact_cost": _line(facts.cost),
        "timeline": [_moment(moment, stamp) for moment in sorted_moments(facts.moments)],
        "actions_taken": facts.actions_taken,
        "root_cause_five_whys": [*facts.open_questions, *whys],
        "action_items": facts.action_items,
        **(facts.went or {}),
    }


def sorted_moments(moments: Iterable[Moment]) -> list[Moment]:
    """Return the moments in time, those of one instant as they were given."""
    return sorted(moments, key=lambda moment: moment.at)


def _moment(moment: Moment, stamp: str) -> str:
    return f"{moment.at.astimezone(UTC).strftime(stamp)} {moment.words}"


def _line(text: str) -> list[str]:
    return [text.strip()] if text.strip() else []


def _span(length: timedelta | None) -> list[str]:
    return [] if length is None else [str(length - timedelta(microseconds=length.microseconds))]


# Action items


def check_action_item(standard: Standard, *, tag: str, owner: int | None) -> None:
    """Refuse an action item that has no owner, or a tag that the Standard does not know (R57).

    Raises:
        Refused: with `unknown_tag` or `owner_needed`.
    """
    if tag not in standard.actions.tags:
        raise Refused(ReviewRefusal.UNKNOWN_TAG, {"tag": tag, "known": list(standard.actions.tags)})
    if owner is None:
        raise Refused(ReviewRefusal.OWNER_NEEDED)
