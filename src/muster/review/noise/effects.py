"""Whether the rules that people made from suggestions helped: the same alerts before and after."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.matchers import Matcher, Op, all_match, matchers_from_json
from muster.core.noise import Cost, Feedback, Stretch, Verdict, cost, verdict
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.evaluate.models import Rule
from muster.foundation.timeline.audiences import visible_events
from muster.review.noise.queries import MOST, Fired, Looked, Sought, fired_in
from muster.review.noise.report import MADE_BY

WINDOW = timedelta(days=28)
"""So long before and after a rule is looked at, at most."""
_SHOWN = 20

COUNTED: dict[str, Callable[[Cost], int]] = {
    "interruptions": lambda cost: cost.interruptions,
    "nights": lambda cost: cost.nights,
    "wrong_target": lambda cost: cost.feedback.get(Feedback.WRONG_TARGET, 0),
}
"""What a rule may be measured by."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule's alerts cost before it and since, and what may be said of that.

    `measure` names what is compared: nights where the rule lowers the urgency, marks as wrong target where it
    sends alerts elsewhere, interruptions otherwise.
    """

    rule: Rule
    made_at: datetime
    before: Stretch
    after: Stretch
    measure: str
    verdict: Verdict

    def counted(self, stretch: Stretch) -> int:
        """What is compared, of one of the two stretches."""
        return COUNTED[self.measure](stretch.cost)


def effects(
    actor: Actor, at: datetime, *, services: Sequence[str] | None = None, most: int = MOST
) -> list[Effect]:
    """The effect of each rule that was made from a suggestion, the newest first.

    With `services`, of those that match alerts of these. So many alerts at `most` are looked at for all rules
    together, the newest.
    """
    rows = list(
        Rule.objects.visible_to(actor).filter(made_by=MADE_BY).select_related("author").order_by("-id")
    )
    made = _made(actor, rows[:_SHOWN])
    first = Alert.objects.visible_to(actor).order_by("id").values_list("opened_at", flat=True).first() or at
    asked = [_asked(row, made[row.pk], first, at) for row in rows[:_SHOWN] if row.pk in made]
    if not asked:
        return []
    looked = fired_in(actor, [one.sought for one in asked], most=most)
    found = [_effect(one, looked) for one in asked]
    return [one for one, places in found if services is None or places & set(services)]


def _made(actor: Actor, rows: Iterable[Rule]) -> dict[int, datetime]:
    """When each rule was made."""
    subjects = {row.subject: row.pk for row in rows}
    events = visible_events(actor).filter(kind="rule.added", subject__in=list(subjects))
    return {subjects[subject]: at for subject, at in events.values_list("subject", "at")}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule, and the alerts before and after it from which it is judged."""

    rule: Rule
    made_at: datetime
    matchers: tuple[Matcher, ...]
    sought: Sought


def _asked(row: Rule, made_at: datetime, first: datetime, at: datetime) -> _Asked:
    start = min(max(made_at - WINDOW, first), made_at)
    end = min(one for one in (at, made_at + WINDOW, row.retired_at, row.ends_at) if one is not None)
    matchers = matchers_from_json(row.matchers)
    return _Asked(row, made_at, matchers, Sought(start, end, _integration(matchers)))


def _effect(asked: _Asked, looked: Looked) -> tuple[Effect, set[str]]:
    row, made_at, sought = asked.rule, asked.made_at, asked.sought
    ours = [one for one in looked.fired if sought.has(one) and all_match(asked.matchers, one.view)]
    before = _stretch([one for one in ours if one.firing.opened_at < made_at], made_at - sought.start)
    after = _stretch(
        [one for one in ours if one.firing.opened_at >= made_at], max(sought.end - made_at, timedelta())
    )
    measure = _measure(row)
    is_whole = looked.is_whole_from(sought.start)
    said = verdict(before, after, COUNTED[measure], is_whole=is_whole)
    return Effect(row, made_at, before, after, measure, said), {one.view.service for one in ours}


def _integration(matchers: Iterable[Matcher]) -> str:
    """The sender whose alerts a rule is about, where it names one."""
    names = [one.values[0] for one in matchers if one.name == "integration" and one.op is Op.IS]
    return names[0] if names else ""


def _stretch(found: Iterable[Fired], lasted: timedelta) -> Stretch:
    return Stretch(lasted, cost(one.firing for one in found))


def _measure(row: Rule) -> str:
    if "service" in row.spec:
        return "wrong_target"
    return "nights" if "urgency" in row.spec else "interruptions"
