"""Silences: what matches is held back until they end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.matchers import BadMatcher, Matcher, matchers_from_json
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.silence import check_silence
from muster.evaluate.matching import matching_now
from muster.evaluate.models import Silence
from muster.evaluate.reasons import Evaluate
from muster.evaluate.words import MATCHER_PROBLEMS
from muster.foundation.timeline.pen import command, lock, record


@command
def create_silence(
    matchers: Sequence[Any], *, actor: Actor, at: datetime, starts_at: datetime, ends_at: datetime, why: str
) -> Silence:
    """Hold back every alert that all matchers match, from `starts_at` until `ends_at` (half-open).

    Raises:
        Refused: not a responder, a matcher cannot be read, it matches everything, no reason, or bad times.
    """
    require(actor, Right.RESPOND)
    read = parsed(matchers)
    check_silence(read, starts_at=starts_at, ends_at=ends_at, why=why, at=at)
    stored = [one.as_json() for one in read]
    caught = matching_now(actor, read, at).caught
    columns = {
        "matchers": stored,
        "why": why,
        "made_by_id": actor.id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "caught": {"alerts": caught.alerts, "services": caught.services},
    }
    facts = {"matchers": stored, "starts_at": starts_at, "ends_at": ends_at}
    return record(Silence(), Change("silence.created", columns, facts, {"why": why}), actor=actor, at=at)


def parsed(matchers: Sequence[Any]) -> tuple[Matcher, ...]:
    """Matchers that somebody wrote. Raises `Refused` with what is wrong, in words."""
    try:
        return matchers_from_json(list(matchers))
    except BadMatcher as bad:
        raise Refused(
            Evaluate.BAD_MATCHER, {"written": bad.written, "problem": MATCHER_PROBLEMS[bad.problem]}
        ) from None


@command
def end_silence(silence_id: int, *, actor: Actor, at: datetime) -> Silence:
    """End a silence now; what it held back is decided anew (`decide_open_anew` follows)."""
    require(actor, Right.RESPOND)
    row = lock(Silence, silence_id)
    if row.ended_at is not None or row.ends_at <= at:
        return row
    return record(row, Change("silence.ended", {"ended_at": at}), actor=actor, at=at)
