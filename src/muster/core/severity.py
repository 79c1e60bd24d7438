"""How severe an incident is: the suggestion with its reasons, and its floor (R4, R8 to R12, R48).

Several rules speak: the matrix of impact and scope, the criteria, the share of users, flags, and the rule for
major incidents. The highest level wins, and every voice is kept with its reason. A person may choose another
level, but never one below what a flag forces or what a major incident demands.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from muster.core.change import Change
from muster.core.refusal import Refused
from muster.core.standard import Impact, Scope, Standard


class Voice(StrEnum):
    """Which rule speaks for a level."""

    MATRIX = "matrix"
    CRITERION = "criterion"
    USERS_AFFECTED = "users_affected"
    NO_RULE_FOR_THIS_SHARE = "no_rule_for_this_share"
    FLAG = "flag"
    MAJOR = "major"
    CHOSEN = "chosen"
    LOWEST = "lowest"


class SeverityRefusal(StrEnum):
    """Why a level was refused."""

    UNKNOWN = "unknown_severity"
    UNKNOWN_CRITERION = "unknown_criterion"
    UNKNOWN_FLAG = "unknown_flag"
    SAME = "same_severity"
    FORCED_BY_FLAG = "forced_by_flag"
    BELOW_MAJOR_FLOOR = "below_major_floor"
    REASON_NEEDED = "severity_reason_needed"


class MajorWhy(StrEnum):
    """Why an incident is major, or is not."""

    TENANTS_INTERRUPTED = "tenants_interrupted"
    IMMINENT_THREAT = "imminent_threat"
    TOO_FEW_TENANTS = "too_few_tenants"


@dataclass(frozen=True, slots=True)
class MajorAnswer:
    """Whether an incident is major, and why."""

    is_major: bool
    why: MajorWhy


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of an incident when its severity is judged.

    `criteria` and `flags` are keys of the Standard; `active_flags` are those known to be going on right now.
    `interrupted` holds the interrupted tenants of each product.
    """

    impact: Impact | None = None
    scope: Scope | None = None
    criteria: frozenset[str] = frozenset()
    users_affected_percent: float | None = None
    flags: frozenset[str] = frozenset()
    active_flags: frozenset[str] = frozenset()
    interrupted: Mapping[Hashable, frozenset[Hashable]] = field(default_factory=dict)
    imminent_threat: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """One rule's level; `fact` names the criterion, the flag or the cell that it rests on."""

    severity: str
    voice: Voice
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The level that holds, the voice that decided it, and every opinion that was heard, worst first."""

    severity: str
    decided_by: Opinion
    opinions: tuple[Opinion, ...]
    major: MajorAnswer


def parse_severity(text: str, standard: Standard) -> str:
    """Return the level that `SEV1`, `sev 1` or `1` names.

    Raises:
        Refused: the Standard has no such level.
    """
    name = "".join(text.split()).upper()
    name = f"SEV{name}" if name.isdigit() else name
    if name not in standard.severities:
        raise Refused(SeverityRefusal.UNKNOWN, {"severity": text[:20], "known": list(standard.severities)})
    return name


def rank(severity: str) -> int:
    """Return 1 for SEV1, 2 for SEV2 and so on: the smaller, the worse."""
    return int(severity.removeprefix("SEV"))


def worst(severities: Iterable[str]) -> str:
    """Return the worst of one or more levels."""
    return min(severities, key=rank)


def is_major(standard: Standard, situation: Situation) -> MajorAnswer:
    """Say whether more than one tenant is interrupted, or threatened to be (R4)."""
    rule = standard.major
    groups = situation.interrupted.values()
    if rule.tenants_counted_across_products:
        tenants = len(frozenset[Hashable]().union(*groups))
    else:
        tenants = max((len(group) for group in groups), default=0)
    if tenants >= rule.min_tenants_interrupted:
        return MajorAnswer(True, MajorWhy.TENANTS_INTERRUPTED)
    if situation.imminent_threat and rule.imminent_threat_suffices:
        return MajorAnswer(True, MajorWhy.IMMINENT_THREAT)
    return MajorAnswer(False, MajorWhy.TOO_FEW_TENANTS)


def judge(standard: Standard, situation: Situation, *, chosen: str | None = None) -> Judgement:
    """Return the level for a situation: the person's choice, or else the worst of what the rules suggest.

    A choice below what a flag forces, or below the floor of a major incident, is raised to it, and the
    judgement says by what. Without any rule that speaks the mildest level holds.

    Raises:
        Refused: the situation or the choice names something that the Standard does not have.
    """
    _refuse_unknown(standard, situation, chosen)
    forced = tuple(_forced(standard, situation))
    suggested = tuple(_suggested(standard, situation))
    opinions = sorted((*forced, *suggested), key=lambda opinion: rank(opinion.severity))
    heard = (*forced, Opinion(chosen, Voice.CHOSEN)) if chosen else tuple(opinions)
    mildest = Opinion(max(standard.severities, key=rank), Voice.LOWEST)
    decided = min(heard, key=lambda opinion: rank(opinion.severity), default=mildest)
    if chosen and rank(decided.severity) == rank(chosen):
        decided = Opinion(chosen, Voice.CHOSEN)
    return Judgement(decided.severity, decided, tuple(opinions), is_major(standard, situation))


def change_severity(
    standard: Standard, before: str, to: str, situation: Situation, *, why: str = ""
) -> Change:
    """Return the change of an incident's level. Making it milder needs a reason.

    Raises:
        Refused: unknown or the same level, below what a flag or a major incident demands, or no reason.
    """
    _refuse_unknown(standard, situation, to)
    if to == before:
        raise Refused(SeverityRefusal.SAME, {"severity": to})
    for opinion in _forced(standard, situation):
        if rank(to) > rank(opinion.severity):
            by_flag = opinion.voice is Voice.FLAG
            reason = SeverityRefusal.FORCED_BY_FLAG if by_flag else SeverityRefusal.BELOW_MAJOR_FLOOR
            raise Refused(reason, {"severity": to, "at_least": opinion.severity, "fact": opinion.fact})
    if rank(to) > rank(before) and not why.strip():
        raise Refused(SeverityRefusal.REASON_NEEDED, {"before": before, "severity": to})
    payload: dict[str, Any] = {"before": before, "after": to}
    text = {"why": why.strip()} if why.strip() else {}
    return Change("incident.severity_changed", {"severity": to}, payload, text, Voice.CHOSEN)


def gap_percent(standard: Standard) -> tuple[int, ...]:
    """Return the share of users (from, to, in percent) for which no level is stated; empty if none.

    Under document 001 this is 1 to 10 %: more than 10 % is SEV2, less than 1 % is SEV3.
    """
    shares = [severity.users_affected for severity in standard.severities.values()]
    ends = [(share.lt, True) for share in shares if share.lt is not None]
    ends += [(share.le, False) for share in shares if share.le is not None]
    starts = [(share.gt, True) for share in shares if share.gt is not None]
    starts += [(share.ge, False) for share in shares if share.ge is not None]
    if not ends or not starts:
        return ()
    (end, end_open), (start, start_open) = max(ends), min(starts)
    is_gap = start > end or (start == end and end_open and start_open)
    return (end, start) if is_gap else ()


def _forced(standard: Standard, situation: Situation) -> Iterable[Opinion]:
    for name in sorted(situation.flags):
        flag = standard.flags[name]
        is_on = not flag.must_be_active or name in situation.active_flags
        if flag.severity and is_on:
            yield Opinion(flag.severity, Voice.FLAG, name)
    answer = is_major(standard, situation)
    if answer.is_major:
        yield Opinion(standard.major.severity_floor, Voice.MAJOR, answer.why.value)


def _suggested(standard: Standard, situation: Situation) -> Iterable[Opinion]:
    for name, severity in standard.severities.items():
        for criterion in severity.criteria:
            if criterion in situation.criteria:
                yield Opinion(name, Voice.CRITERION, criterion)
    if situation.impact and situation.scope:
        cell = f"{situation.impact}.{situation.scope}"
        yield Opinion(standard.matrix[situation.impact][situation.scope], Voice.MATRIX, cell)
    if situation.users_affected_percent:
        yield from _by_share(standard, situation.users_affected_percent)


def _by_share(standard: Standard, percent: float) -> Iterable[Opinion]:
    stated = {name: item.users_affected for name, item in standard.severities.items()}
    held = [name for name, share in stated.items() if share.holds(percent)]
    if held:
        yield Opinion(worst(held), Voice.USERS_AFFECTED, f"{percent:g}")
        return
    above = {name: share.gt if share.gt is not None else share.ge for name, share in stated.items()}
    higher = [(bound, name) for name, bound in above.items() if bound is not None and bound >= percent]
    if higher:
        yield Opinion(min(higher)[1], Voice.NO_RULE_FOR_THIS_SHARE, f"{percent:g}")


def _refuse_unknown(standard: Standard, situation: Situation, chosen: str | None) -> None:
    if chosen is not None and chosen not in standard.severities:
        raise Refused(SeverityRefusal.UNKNOWN, {"severity": chosen, "known": list(standard.severities)})
    criteria = {name for severity in standard.severities.values() for name in severity.criteria}
    if not situation.criteria <= criteria:
        raise Refused(SeverityRefusal.UNKNOWN_CRITERION, {"criteria": sorted(situation.criteria - criteria)})
    unknown = (situation.flags | situation.active_flags) - set(standard.flags)
    if unknown:
        raise Refused(SeverityRefusal.UNKNOWN_FLAG, {"flags": sorted(unknown)})
