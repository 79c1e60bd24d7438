"""The life of an alert and of a group of alerts: which moves exist, and what each one writes.

Design sections 5 to 7. Pure: `move` takes the state that is, a verb and the instant `at` (aware), and returns
the `Change` to record, or raises `Refused` with a `Refusal`. Free text that explains a move travels as the
text `why`, never in the payload. The life of an incident stands in `muster.core.phases`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.refusal import Refused


class Refusal(StrEnum):
    """Why a move of an alert or a group was refused."""

    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    ALREADY_RESOLVED = "already_resolved"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_SNOOZED = "not_snoozed"
    SNOOZE_IN_THE_PAST = "snooze_in_the_past"
    GROUP_OF_OTHERS = "group_of_others"


class AlertState(StrEnum):
    """The states of an alert and of a group. Snoozed is acknowledged with `snoozed_until`, not a state."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Verb(StrEnum):
    """What can be done to an alert or a group."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    TIME_OUT = "time_out"
    SNOOZE = "snooze"
    WAKE = "wake"
    RETRIGGER = "retrigger"
    RESOLVE = "resolve"


class Subject(StrEnum):
    """What the verb is done to; the first half of the event's kind."""

    ALERT = "alert"
    GROUP = "group"


RAISES_EPOCH: Final = frozenset({Verb.UNACKNOWLEDGE, Verb.TIME_OUT, Verb.WAKE, Verb.RETRIGGER})
"""Verbs after which people are paged afresh: the caller raises the group's `epoch` (design section 6)."""

_EVENT: Final[Mapping[Verb, str]] = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.UNACKNOWLEDGE: "unacknowledged",
    Verb.TIME_OUT: "acknowledgement_timed_out",
    Verb.SNOOZE: "snoozed",
    Verb.WAKE: "woken",
    Verb.RETRIGGER: "retriggered",
    Verb.RESOLVE: "resolved",
}


def move(
    state: str,
    verb: Verb,
    *,
    at: datetime,
    subject: Subject = Subject.ALERT,
    snoozed_until: datetime | None = None,
    until: datetime | None = None,
    reason: StrEnum | None = None,
    why: str = "",
) -> Change:
    """Return what the verb does to an alert or a group in `state` (design sections 5 to 7).

    `snoozed_until` is the row's present value, `until` the new one (SNOOZE only). `reason` is the cause of
    the move as an enum, `why` as free text. Columns written: `state`, `acknowledged_at`, `snoozed_until`,
    `resolved_at`. RETRIGGER pages afresh what was acknowledged; TIME_OUT and WAKE are due work.

    Raises:
        Refused: the row is resolved, or already where the verb leads.
    """
    before = AlertState(state)
    if before is AlertState.RESOLVED:
        raise Refused(Refusal.ALREADY_RESOLVED, {"verb": verb.value})
    columns = _columns(before, verb, at, snoozed_until, until)
    payload: dict[str, Any] = {"before": before.value, "state": columns["state"]}
    if verb is Verb.SNOOZE:
        payload["until"] = until
    return Change(f"{subject}.{_EVENT[verb]}", columns, payload, _text(why), reason)


def _columns(
    before: AlertState, verb: Verb, at: datetime, snoozed_until: datetime | None, until: datetime | None
) -> dict[str, Any]:
    if verb is Verb.RESOLVE:
        return {"state": AlertState.RESOLVED.value, "resolved_at": at, "snoozed_until": None}
    if verb is Verb.ACKNOWLEDGE:
        if before is AlertState.ACKNOWLEDGED and snoozed_until is None:
            raise Refused(Refusal.ALREADY_ACKNOWLEDGED)
        kept = {} if before is AlertState.ACKNOWLEDGED else {"acknowledged_at": at}
        return {"state": AlertState.ACKNOWLEDGED.value, "snoozed_until": None} | kept
    if verb is Verb.SNOOZE:
        if until is None or until <= at:
            raise Refused(Refusal.SNOOZE_IN_THE_PAST, {"until": until})
        kept = {} if before is AlertState.ACKNOWLEDGED else {"acknowledged_at": at}
        return {"state": AlertState.ACKNOWLEDGED.value, "snoozed_until": until} | kept
    if before is not AlertState.ACKNOWLEDGED:
        raise Refused(Refusal.NOT_ACKNOWLEDGED, {"verb": verb.value})
    if verb is Verb.WAKE and snoozed_until is None:
        raise Refused(Refusal.NOT_SNOOZED)
    return {"state": AlertState.TRIGGERED.value, "acknowledged_at": None, "snoozed_until": None}


def _text(why: str) -> dict[str, str]:
    return {"why": why.strip()} if why.strip() else {}
