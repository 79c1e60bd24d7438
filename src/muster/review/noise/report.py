"""The report on noise: alerts gathered by their rule, what each cost, and what would calm it (R43)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from muster.core.likeness import shape
from muster.core.matchers import BadMatcher
from muster.core.noise import Cost, cost
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.remedies import Pattern, Suggestion, matchers_of, suggestions
from muster.core.rule_form import RuleKind
from muster.detect.queries import alert_of
from muster.evaluate.models import Rule
from muster.evaluate.rule_showing import shown_matchers
from muster.foundation.catalog.models import Service
from muster.review.noise.asking import By, NoiseAsked
from muster.review.noise.queries import Fired, fired
from muster.review.noise.reasons import Noise

MADE_BY = "suggestion"
"""Who made a rule that somebody took from a suggestion, beside its author."""


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of alert: what it cost, and what would calm it."""

    pattern: Pattern
    cost: Cost
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class NoiseReport:
    """The lines of a period, what cost most first, and what all of it cost together."""

    lines: tuple[Line, ...]
    total: Cost
    is_whole: bool


def noise_report(actor: Actor, ask: NoiseAsked, at: datetime) -> NoiseReport:
    """What alerts cost in a period, of those that the actor may see; without a ranking of people."""
    looked = fired(actor, ask.period.start, ask.period.until(at))
    every = gathered(looked.fired, ask.by)
    wanted = _services(actor, ask)
    patterns = [one for one in every if wanted is None or one.service in wanted]
    standing = _standing(actor, at)
    lines = [_line(one, every, standing, ask.by) for one in patterns]
    return NoiseReport(
        lines=tuple(sorted(lines, key=lambda line: line.cost.order)),
        total=cost(firing for one in patterns for firing in one.firings),
        is_whole=looked.is_whole,
    )


def line_of(report: NoiseReport, actor: Actor, public_id: str) -> Line:
    """The line to which an alert belongs.

    Raises:
        Refused: there is no such alert for this actor, or none in this report.
    """
    number = alert_of(actor, public_id).pk
    for line in report.lines:
        if any(one.alert == number for one in line.pattern.firings):
            return line
    raise Refused(Noise.NO_PATTERN)


def suggestion_of(line: Line, remedy: str, public_id: str) -> Suggestion:
    """One suggestion of a line.

    Raises:
        Refused: nothing of the kind is suggested.
    """
    for one in line.suggestions:
        if one.remedy == remedy:
            return one
    raise Refused(Noise.NO_SUGGESTION, {"alert": public_id[:40]})


def gathered(found: Sequence[Fired], by: By) -> list[Pattern]:
    """Alerts gathered into patterns, those of one service apart from those of another."""
    groups: dict[tuple[str, str, str], list[Fired]] = {}
    for one in found:
        integration = "" if by is By.SERVICE else one.view.integration
        groups.setdefault((one.view.service, integration, _name(one, by)), []).append(one)
    places: dict[tuple[str, str], set[str]] = {}
    for service, integration, name in groups:
        places.setdefault((integration, name), set()).add(service)
    return [
        _pattern(members, by, elsewhere=len(places[integration, name]) > 1)
        for (_, integration, name), members in groups.items()
    ]


def _name(one: Fired, by: By) -> str:
    """What makes alerts the same: their rule, or the shape of their text or key."""
    if by is By.SERVICE:
        return ""
    if by is By.KEY:
        return shape(one.key)
    rule = str(one.view.labels.get("alertname", ""))
    return f"rule {rule}" if rule else f"text {shape(one.view.summary)}"


def _pattern(members: Sequence[Fired], by: By, *, elsewhere: bool) -> Pattern:
    """Members come newest first: the newest gives the pattern its words."""
    newest = members[0]
    titles = {By.RULE: newest.view.summary, By.KEY: newest.key, By.SERVICE: newest.view.service}
    return Pattern(
        service=newest.view.service,
        integration="" if by is By.SERVICE else newest.view.integration,
        summary=titles[by],
        firings=tuple(one.firing for one in members),
        rule=str(newest.view.labels.get("alertname", "")) if by is By.RULE else "",
        elsewhere=elsewhere,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What rules in force say already, and the alerts for which a suggestion was taken."""

    said: frozenset[str]
    treated: frozenset[frozenset[str]]

    def says(self, one: Suggestion) -> bool:
        """Whether a rule in force says the same."""
        return _said_of(one.kind, map(str, one.matchers), one.fields) in self.said

    def treats(self, pattern: Pattern) -> bool:
        """Whether a suggestion was taken for these: its effect is to be seen before there is another."""
        try:
            return _names(map(str, matchers_of(pattern, RuleKind.EVENT))) in self.treated
        except BadMatcher:
            return False


def _line(pattern: Pattern, every: Sequence[Pattern], standing: _Standing, by: By) -> Line:
    found = suggestions(pattern, every) if by is By.RULE and not standing.treats(pattern) else []
    kept = tuple(one for one in found if not standing.says(one))
    return Line(pattern, cost(pattern.firings), kept)


def _standing(actor: Actor, at: datetime) -> _Standing:
    rows = Rule.objects.visible_to(actor).filter(retired_at__isnull=True)
    rows = rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    found = [(row, shown_matchers(row.matchers)) for row in rows]
    return _Standing(
        frozenset(_said_of(row.kind, matchers, row.spec) for row, matchers in found),
        frozenset(_names(matchers) for row, matchers in found if row.made_by == MADE_BY),
    )


def _said_of(kind: str, matchers: Iterable[str], fields: Mapping[str, object]) -> str:
    return " ".join([kind, *sorted(fields), *matchers])


def _names(matchers: Iterable[str]) -> frozenset[str]:
    """Matchers but for the service, which event rules do not name."""
    return frozenset(one for one in matchers if not one.startswith("service="))


def _services(actor: Actor, ask: NoiseAsked) -> set[str] | None:
    """The services that are asked for; None for all."""
    if ask.service is not None:
        return {ask.service.handle}
    if ask.team is None:
        return None
    owned = Service.objects.visible_to(actor).filter(team=ask.team)
    return set(owned.values_list("handle", flat=True))


def needed_nothing(actor: Actor, service: Service, start: datetime, at: datetime) -> tuple[int, int]:
    """Of how many alerts of a service how many closed by themselves; of the newest where there are many."""
    looked = fired(actor, start, at, services=[service.pk], most=_LATELY)
    found = cost(one.firing for one in looked.fired)
    return found.by_itself, found.fired


_LATELY = 200
