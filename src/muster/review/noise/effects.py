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
from muster.review.noise.queries import Fired, fired
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


def effects(actor: Actor, at: datetime, *, services: Sequence[str] | None = None) -> list[Effect]:
    """The effect of each rule that was made from a suggestion, the newest first.

    With `services`, of those that match alerts of these.
    """
    rows = list(
        Rule.objects.visible_to(actor).filter(made_by=MADE_BY).select_related("author").order_by("-id")
    )
    made = _made(actor, rows[:_SHOWN])
    first = Alert.objects.visible_to(actor).order_by("id").values_list("opened_at", flat=True).first() or at
    found = [_effect(actor, row, made[row.pk], first, at) for row in rows[:_SHOWN] if row.pk in made]
    return [one for one, places in found if services is None or places & set(services)]


def _made(actor: Actor, rows: Iterable[Rule]) -> dict[int, datetime]:
    """When each rule was made."""
    subjects = {row.subject: row.pk for row in rows}
    events = visible_events(actor).filter(kind="rule.added", subject__in=list(subjects))
    return {subjects[subject]: at for subject, at in events.values_list("subject", "at")}


def _effect(
    actor: Actor, row: Rule, made_at: datetime, first: datetime, at: datetime
) -> tuple[Effect, set[str]]:
    start = min(max(made_at - WINDOW, first), made_at)
    end = min(one for one in (at, made_at + WINDOW, row.retired_at, row.ends_at) if one is not None)
    matchers = matchers_from_json(row.matchers)
    looked = fired(actor, start, end, integration=_integration(matchers))
    ours = [one for one in looked.fired if all_match(matchers, one.view)]
    before = _stretch([one for one in ours if one.firing.opened_at < made_at], made_at - start)
    after = _stretch(
        [one for one in ours if one.firing.opened_at >= made_at], max(end - made_at, timedelta())
    )
    measure = _measure(row)
    said = verdict(before, after, COUNTED[measure])
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
