"""Asking a colleague to take a shift, with consent: cover requests and swaps (R39; peers 10c).

A request names people and intervals, never "turn n": when a schedule is edited it stays where it was. Once
accepted it is nothing but overrides of the kind `replace`, so it moves a duty from one who has it to another
and touches nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.oncall import Effect, Override, Shift
from muster.core.rotation import PersonId, Span

LONGEST_WAIT: Final = timedelta(days=7)
"""A request that nobody answers ends after this, or when the shift begins if that is sooner."""


class CoverState(StrEnum):
    """Where a request stands; all but `asked` are final."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class CoverVerb(StrEnum):
    """What can happen to a request."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class CoverReason(StrEnum):
    """Why a request cannot be made or answered."""

    NOT_YOURS = "cover_not_yours"
    NOT_ON_CALL = "cover_not_on_call"
    YOURSELF = "cover_yourself"
    ENDED = "cover_ended"
    BACKWARDS = "cover_backwards"
    OVER = "cover_over"
    RETURN_NOT_THEIRS = "cover_return_not_theirs"


_ENDS: Final[Mapping[CoverVerb, CoverState]] = {
    CoverVerb.ACCEPT: CoverState.ACCEPTED,
    CoverVerb.DECLINE: CoverState.DECLINED,
    CoverVerb.WITHDRAW: CoverState.WITHDRAWN,
    CoverVerb.EXPIRE: CoverState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Cover:
    """A wish: `asker` gives [start, end) away, to `asked` (None: to anyone of the team).

    With `back` it is a swap: the asker takes that interval of the other's in return.
    """

    asker: PersonId
    asked: PersonId | None
    give: Span
    back: Span | None = None


def wish_reason(wish: Cover, held: list[Shift], theirs: list[Shift], at: datetime) -> CoverReason | None:
    """Why this cannot be asked, or None.

    `held` are the schedule's shifts within `give`, `theirs` those within `back`. The asker must be on call
    somewhere in the one, the other person in the other.
    """
    spans = [wish.give, *([wish.back] if wish.back else [])]
    if any(end <= start for start, end in spans):
        return CoverReason.BACKWARDS
    if any(end <= at for _, end in spans):
        return CoverReason.OVER
    if wish.asked == wish.asker:
        return CoverReason.YOURSELF
    if not any(wish.asker in shift.people for shift in held):
        return CoverReason.NOT_ON_CALL
    if wish.back and not any(wish.asked in shift.people for shift in theirs):
        return CoverReason.RETURN_NOT_THEIRS
    return None


def expires_at(wish: Cover, at: datetime) -> datetime:
    """When a request made now ends by itself: at the first of its shifts, at the latest after a week."""
    starts = [wish.give[0], *([wish.back[0]] if wish.back else [])]
    begins = min(starts)
    return min(begins if begins > at else max(wish.give[1], at), at + LONGEST_WAIT)


def answered(
    state: CoverState, verb: CoverVerb, wish: Cover, who: PersonId | None
) -> CoverState | CoverReason:
    """The state after `verb` by `who` (None: the system), or why not.

    The one who is asked accepts or declines; where nobody is named, anyone else may accept. The asker
    withdraws. The clock expires.
    """
    if state is not CoverState.ASKED:
        return CoverReason.ENDED
    if verb is CoverVerb.EXPIRE:
        return CoverState.EXPIRED if who is None else CoverReason.NOT_YOURS
    if verb is CoverVerb.WITHDRAW:
        allowed = who == wish.asker
    elif wish.asked is None:
        allowed = verb is CoverVerb.ACCEPT and who is not None and who != wish.asker
    else:
        allowed = who == wish.asked
    return _ENDS[verb] if allowed else CoverReason.NOT_YOURS


def as_overrides(wish: Cover, taker: PersonId) -> list[Override]:
    """What an accepted request is: the taker in the asker's place and, in a swap, the asker in theirs."""
    given = Override(*wish.give, taker, Effect.REPLACE, wish.asker)
    if wish.back is None:
        return [given]
    return [given, Override(*wish.back, wish.asker, Effect.REPLACE, taker)]
