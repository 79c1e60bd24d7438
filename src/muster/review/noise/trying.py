"""A suggestion tried on recorded alerts before it is taken."""

from datetime import datetime, timedelta
from math import ceil

from muster.core.permissions import Actor
from muster.core.remedies import Suggestion
from muster.evaluate.trial import Trial, try_rule
from muster.review.noise.asking import NoiseAsked

_MOST_DAYS = 90


def days_of(ask: NoiseAsked, at: datetime) -> int:
    """Of how many days the alerts are judged: those since the period began, at most ninety."""
    return max(1, min(_MOST_DAYS, ceil((at - ask.period.start) / timedelta(days=1))))


def try_suggestion(one: Suggestion, ask: NoiseAsked, *, actor: Actor, at: datetime) -> Trial:
    """What its rule would have done to the alerts that the actor may see.

    Raises:
        Refused: who may not make such a rule may not try it.
    """
    return try_rule(
        actor=actor,
        at=at,
        kind=one.kind,
        matchers=[matcher.as_json() for matcher in one.matchers],
        fields=one.fields,
        days=days_of(ask, at),
    )
