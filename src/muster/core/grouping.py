"""A group of alerts, paged as one: its state follows from people and from its members (design section 6).

What people do to a group (acknowledge, snooze, resolve ...) is `lifecycle.move` with `Subject.GROUP`; `act`
is that move with the epoch raised where people are to be paged afresh. What members do to their group
stands here: an alert joins, a sender acknowledges or resolves, an alert is silenced. The rules:

- A group is acknowledged when every open member is, resolved when none is open.
- A member that joins an acknowledged group pages nobody and is acknowledged with it, unless its urgency is
  higher than the group's: then the group is triggered again in a new epoch.
- A member of higher urgency that joins a triggered group raises the group's urgency in a new epoch too, so
  that
  the ladder begins again with the contact rules of the higher urgency.
- Re-trigger, unacknowledge, acknowledge time-out, the end of a snooze and reassigning raise `epoch`.
- A snoozed group is acknowledged with `snoozed_until`; it is no state of its own.

Columns written: `state`, `acknowledged_at`, `resolved_at`, `snoozed_until`, `urgency`, `epoch`, `held_back`.
Events made here, besides those of `lifecycle`:

    group.opened         the first alert: a group of one, which may grow
    group.member_joined  another alert, with what that means for paging as its reason
    group.reassigned     other people are to be asked, in a new epoch
    group.held           all of it is held back: whoever climbs stops, the group stays as it is
    group.released       it is held back no more, in a new epoch
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.lifecycle import RAISES_EPOCH, AlertState, Refusal, Subject, Verb, move
from muster.core.refusal import Refused
from muster.core.urgency import Urgency, higher


@dataclass(frozen=True, slots=True)
class Group:
    """A group's row as the rules see it."""

    state: AlertState
    urgency: Urgency
    epoch: int = 1
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of the group as the rules see it."""

    state: AlertState
    suppressed: bool = False


def state_of(members: Iterable[Member]) -> AlertState:
    """The state that members give their group: resolved when none is open, acknowledged when all open are."""
    states = {member.state for member in members} - {AlertState.RESOLVED}
    if not states:
        return AlertState.RESOLVED
    return AlertState.TRIGGERED if AlertState.TRIGGERED in states else AlertState.ACKNOWLEDGED


def is_wanted(members: Iterable[Member]) -> bool:
    """Whether anybody is still to be paged: at least one member is triggered and not suppressed."""
    return any(member.state is AlertState.TRIGGERED and not member.suppressed for member in members)


def is_held(members: Iterable[Member]) -> bool:
    """Whether all that people would be paged for is held back: what is triggered, else all that is open."""
    still = [member for member in members if member.state is not AlertState.RESOLVED]
    asking = [member for member in still if member.state is AlertState.TRIGGERED] or still
    return bool(asking) and all(member.suppressed for member in asking)


class JoinReason(StrEnum):
    """What a member that joins means for paging."""

    OPENED = "opened"
    ALREADY_PAGING = "already_paging"
    HELD_BY_ACKNOWLEDGEMENT = "held_by_acknowledgement"
    HIGHER_URGENCY = "higher_urgency"
    OTHERS_HELD_BACK = "others_held_back"
    GROUP_RESOLVED = "group_resolved"


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """What happens when an alert joins: the group's change, and the state that the alert takes.

    GROUP_RESOLVED has no change: the alert opens a group of its own. `pages` says that an escalation starts
    (OPENED) or starts again in the new epoch (HIGHER_URGENCY, OTHERS_HELD_BACK).
    """

    reason: JoinReason
    member_state: AlertState
    change: Change | None = None

    @property
    def pages(self) -> bool:
        """Whether somebody is to be paged because of this alert."""
        return self.reason in STARTS


STARTS: Final = frozenset({JoinReason.OPENED, JoinReason.HIGHER_URGENCY, JoinReason.OTHERS_HELD_BACK})
"""The reasons for which people are paged when a member joins."""


def open_group(urgency: Urgency, held_until: datetime | None = None) -> JoinDecision:
    """The first alert of a group; where it is held until hours open, nobody is paged before."""
    columns = {"state": AlertState.TRIGGERED, "urgency": urgency, "epoch": 1, "held_until": held_until}
    facts = {"urgency": urgency, "epoch": 1} | ({"held_until": held_until} if held_until else {})
    change = Change("group.opened", columns, facts, reason=JoinReason.OPENED)
    return JoinDecision(JoinReason.OPENED, AlertState.TRIGGERED, change)


def join(group: Group, urgency: Urgency) -> JoinDecision:
    """A further alert of this urgency, triggered, joins."""
    if group.state is AlertState.RESOLVED:
        return JoinDecision(JoinReason.GROUP_RESOLVED, AlertState.TRIGGERED)
    if urgency.rank > group.urgency.rank:
        return _joined(JoinReason.HIGHER_URGENCY, AlertState.TRIGGERED, _anew(group, urgency), group)
    if group.state is AlertState.ACKNOWLEDGED:
        seen = {"held_back": False} if group.held_back else {}
        return _joined(JoinReason.HELD_BY_ACKNOWLEDGEMENT, AlertState.ACKNOWLEDGED, seen, group)
    if group.held_back:
        again = _anew(group, group.urgency)
        return _joined(JoinReason.OTHERS_HELD_BACK, AlertState.TRIGGERED, again, group)
    return _joined(JoinReason.ALREADY_PAGING, AlertState.TRIGGERED, {}, group)


def worsen(group: Group, urgency: Urgency) -> Change | None:
    """A member became this urgent: people are paged afresh, whatever was acknowledged, snoozed or held.

    None when the group is as urgent already, or over.
    """
    if group.state is AlertState.RESOLVED or urgency.rank <= group.urgency.rank:
        return None
    columns = _anew(group, urgency)
    facts = {"before": group.state, "urgency": urgency, "epoch": columns["epoch"]}
    return Change("group.worsened", columns, facts, reason=JoinReason.HIGHER_URGENCY)


def _anew(group: Group, urgency: Urgency) -> dict[str, Any]:
    return {
        "state": AlertState.TRIGGERED,
        "urgency": urgency,
        "epoch": group.epoch + 1,
        "acknowledged_at": None,
        "snoozed_until": None,
        "held_until": None,
        "held_back": False,
    }


def _joined(
    reason: JoinReason, member_state: AlertState, columns: dict[str, Any], group: Group
) -> JoinDecision:
    facts = {
        "before": group.state,
        "state": columns.get("state", group.state),
        "urgency": columns.get("urgency", group.urgency),
        "epoch": columns.get("epoch", group.epoch),
    }
    return JoinDecision(reason, member_state, Change("group.member_joined", columns, facts, reason=reason))


class SettleReason(StrEnum):
    """Why a group changes although nobody touched the group itself."""

    ALL_MEMBERS_RESOLVED = "all_members_resolved"
    ALL_MEMBERS_ACKNOWLEDGED = "all_members_acknowledged"
    MEMBER_TRIGGERED_AGAIN = "member_triggered_again"


def settle(group: Group, members: Iterable[Member], *, at: datetime) -> Change | None:
    """Bring the group's state in line with its members after a sender, or a person, changed one of them.

    None when they agree. A resolved group stays resolved: an alert that fires again opens another.
    """
    state = state_of(members)
    if group.state in (state, AlertState.RESOLVED):
        return None
    if state is AlertState.RESOLVED:
        return act(group, Verb.RESOLVE, at=at, reason=SettleReason.ALL_MEMBERS_RESOLVED)
    if state is AlertState.ACKNOWLEDGED:
        return act(group, Verb.ACKNOWLEDGE, at=at, reason=SettleReason.ALL_MEMBERS_ACKNOWLEDGED)
    return act(group, Verb.RETRIGGER, at=at, reason=SettleReason.MEMBER_TRIGGERED_AGAIN)


def act(
    group: Group,
    verb: Verb,
    *,
    at: datetime,
    until: datetime | None = None,
    reason: StrEnum | None = None,
    why: str = "",
) -> Change:
    """What a verb does to a group: `lifecycle.move`, and a new epoch where people are to be paged afresh.

    Raises `Refused` as `move` does.
    """
    change = move(
        group.state,
        verb,
        at=at,
        subject=Subject.GROUP,
        snoozed_until=group.snoozed_until,
        until=until,
        reason=reason,
        why=why,
    )
    return _in_new_epoch(change, group) if verb in RAISES_EPOCH else change


def reassign(group: Group, *, reason: StrEnum | None = None, why: str = "") -> Change:
    """Other people are asked: triggered, not acknowledged, in a new epoch; raises Refused when resolved."""
    if group.state is AlertState.RESOLVED:
        raise Refused(Refusal.ALREADY_RESOLVED, {"verb": "reassign"})
    columns = {"state": AlertState.TRIGGERED, "acknowledged_at": None, "snoozed_until": None}
    text = {"why": why.strip()} if why.strip() else {}
    facts = {"before": group.state, "state": AlertState.TRIGGERED}
    return _in_new_epoch(Change("group.reassigned", columns, facts, text, reason), group)


def _in_new_epoch(change: Change, group: Group) -> Change:
    epoch = {"epoch": group.epoch + 1}
    return Change(
        change.kind, {**change.set, **epoch}, {**change.payload, **epoch}, change.text, change.reason
    )


def turn(group: Group, members: Iterable[Member]) -> Change | None:
    """All that is open in the group is held back now, or not all of it any more; None when nothing changed.

    While it is held nobody further is paged. What is released pages afresh, unless somebody has the group.
    """
    held = is_held(members)
    if held == group.held_back or group.state is AlertState.RESOLVED:
        return None
    if held:
        return Change("group.held", {"held_back": True}, {"epoch": group.epoch})
    epoch = group.epoch + (1 if group.state is AlertState.TRIGGERED else 0)
    return Change("group.released", {"held_back": False, "epoch": epoch}, {"epoch": epoch})


class WakeReason(StrEnum):
    """Why an acknowledged group pages again by the clock."""

    SNOOZE_ENDED = "snooze_ended"
    ACKNOWLEDGE_TIME_OUT = "acknowledge_time_out"


def wake_at(group: Group, acknowledge_time_out: timedelta | None) -> tuple[datetime, WakeReason] | None:
    """When an acknowledged group pages again, and why; None when never. A snooze holds off the time-out."""
    if group.state is not AlertState.ACKNOWLEDGED:
        return None
    if group.snoozed_until is not None:
        return group.snoozed_until, WakeReason.SNOOZE_ENDED
    if acknowledge_time_out is None or group.acknowledged_at is None:
        return None
    return group.acknowledged_at + acknowledge_time_out, WakeReason.ACKNOWLEDGE_TIME_OUT


def wake(group: Group, acknowledge_time_out: timedelta | None, *, at: datetime) -> Change | None:
    """Page again when the snooze has ended or the acknowledgement has timed out; None when neither is due."""
    due = wake_at(group, acknowledge_time_out)
    if due is None or at < due[0]:
        return None
    verb = Verb.WAKE if due[1] is WakeReason.SNOOZE_ENDED else Verb.TIME_OUT
    return act(group, verb, at=at, reason=due[1])


def windowed_keys(key: str, within: timedelta, at: datetime) -> tuple[str, str]:
    """The keys that a group of a limited time may have at an instant: one that opens now, and one before it.

    Time is cut into stretches of that length, so that two workers that open one at once give it the same key.
    """
    stretch = int(at.timestamp() // within.total_seconds())
    return f"{key}@{stretch}", f"{key}@{stretch - 1}"


def group_urgency(urgencies: Iterable[Urgency]) -> Urgency:
    """The urgency of a group of alerts with these: the highest; low when there is none."""
    highest = Urgency.LOW
    for urgency in urgencies:
        highest = higher(highest, urgency)
    return highest
