"""What people do to alerts and pages: each acts on the whole group, and paging stops in the same commit."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from muster.core import grouping
from muster.core.change import Change
from muster.core.escalation_life import StopReason
from muster.core.lifecycle import AlertState, Refusal, Verb
from muster.core.permissions import Actor, ActorKind, Right, require, system
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.detect.commands import move_alerts
from muster.detect.models import Alert
from muster.evaluate.commands import evaluate_alerts, group_facts, settle_groups_of, write_incident
from muster.evaluate.models import AlertGroup, Decision, Incident
from muster.evaluate.queries import open_members_of
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.circumstances import asked_of
from muster.mobilize.escalation.commands.ladder import Start, escalate_anew, stop_escalations
from muster.mobilize.escalation.commands.responders import Presence, be_responder
from muster.mobilize.escalation.commands.wanted import wanted_people
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import answer_call, answer_pages
from muster.mobilize.paging.models import Call, Page

MEMBERS_AT_ONCE = 200


@command
def acknowledge_alert(alert_id: int, *, actor: Actor, at: datetime) -> Alert:
    """Acknowledge an alert, and with it its whole group (design 6); nobody else is paged.

    Raises:
        Refused: not a responder, or it is resolved, or somebody else has it (`detail["by"]`).
    """
    return _on_alert(alert_id, Verb.ACKNOWLEDGE, acknowledge_group, actor, at)


@command
def resolve_alert(alert_id: int, *, actor: Actor, at: datetime, why: str = "") -> Alert:
    """Resolve one alert; when no other member is open, its group follows and paging stops in this commit.
    `why` is a word for the next one who has it: what helped.

    Raises:
        Refused: not a responder, or it is resolved already.
    """
    require(actor, Right.RESPOND)
    _visible(alert_id, actor)
    decision = Decision.objects.filter(alert_id=alert_id, group__isnull=False).first()
    if decision is not None and decision.group_id is not None:
        lock(AlertGroup, decision.group_id)  # the group before its members, as everybody does
    moved = move_alerts([alert_id], Verb.RESOLVE, actor=actor, at=at, why=why)
    if not moved:
        raise Refused(Refusal.ALREADY_RESOLVED)
    settled = settle_groups_of([alert_id], actor=actor, at=at)
    over = [group.subject for group in settled if group.state == AlertState.RESOLVED]
    stop_escalations(over, StopReason.RESOLVED, actor=actor, at=at)
    return Alert.objects.get(pk=alert_id)


@command
def snooze_alert(alert_id: int, until: datetime, *, actor: Actor, at: datetime) -> Alert:
    """Acknowledge an alert's group until a time; then it pages again. Its sender may ask for it, too."""

    def snooze(group_id: int, *, actor: Actor, at: datetime, link: str | None = None) -> AlertGroup:
        return _snoozed(group_id, until, actor, at)

    if until <= at:
        raise Refused(Refusal.SNOOZE_IN_THE_PAST, {"until": until})
    return _on_alert(alert_id, Verb.SNOOZE, snooze, actor, at, until)


def _visible(alert_id: int, actor: Actor) -> Alert:
    return Alert.objects.visible_to(actor).get(pk=alert_id)


def _on_alert(
    alert_id: int,
    verb: Verb,
    on_group: Callable[..., AlertGroup],
    actor: Actor,
    at: datetime,
    until: datetime | None = None,
) -> Alert:
    alert = _visible(alert_id, actor)
    require(actor, Right.RESPOND, within=alert.dedup_scope)
    if alert.state == AlertState.RESOLVED:
        raise Refused(Refusal.ALREADY_RESOLVED)
    decision = Decision.objects.filter(alert_id=alert_id).first()
    if decision is None and verb is Verb.SNOOZE:
        decision = _decided(alert_id, actor, at)
    if decision is not None and decision.group_id is not None:
        _leave_others_alone(decision.group_id, alert, actor)
        on_group(decision.group_id, actor=actor, at=at)
        return Alert.objects.get(pk=alert_id)
    moved = move_alerts([alert_id], verb, actor=actor, at=at, until=until)
    if not moved:
        if alert.state == AlertState.ACKNOWLEDGED:
            raise already_acknowledged(alert)
        raise Refused(Refusal.ALREADY_RESOLVED)
    return Alert.objects.get(pk=alert_id)


def _leave_others_alone(group_id: int, alert: Alert, actor: Actor) -> None:
    """A sender speaks for its own alerts: a group that holds those of others is not its own to act on."""
    if actor.kind is not ActorKind.INTEGRATION:
        return
    still = Alert.objects.filter(decision__group=group_id).exclude(state=AlertState.RESOLVED)
    if still.exclude(dedup_scope=alert.dedup_scope).exists():
        raise Refused(Refusal.GROUP_OF_OTHERS, {"group": f"GRP-{group_id}"})


def _decided(alert_id: int, actor: Actor, at: datetime) -> Decision | None:
    """What was decided about an alert, or is decided now, if it waits for the worker: only a group wakes
    again, and only a group asks others."""
    lock(Alert, alert_id)
    decisions = Decision.objects.filter(alert_id=alert_id)
    if not decisions.exists():
        evaluate_alerts([alert_id], actor=system("decide_for_answer"), at=at)
    return decisions.first()


def already_acknowledged(row: Alert | AlertGroup) -> Refused:
    """Says who has it, and since when."""
    by = row.acknowledged_by.name if row.acknowledged_by is not None else _("Its sender")
    return Refused(Refusal.ALREADY_ACKNOWLEDGED, {"by": by, "at": row.acknowledged_at})


@command
def acknowledge_group(
    group_id: int, *, actor: Actor, at: datetime, link: str | None = None, for_all: bool = False
) -> AlertGroup:
    """Take a group of alerts: its row first, so that paging stops in this commit, then its members.

    Saying it twice is no fault; somebody else's earlier word stands. `link` is the scope that a signed link
    must have. Where all must acknowledge it is taken when the last one has, unless `for_all`: people work on
    an incident by now.

    Raises:
        Refused: not a responder (or a link for another page), resolved, or somebody else has it.
    """
    require(actor, Right.RESPOND, link=link)
    fail_point("A1")
    group = lock(AlertGroup, group_id)
    if group.state == AlertState.ACKNOWLEDGED and group.snoozed_until is None:
        if group.acknowledged_by_id == actor.id:
            return group
        raise already_acknowledged(group)
    if not for_all and group.state == AlertState.TRIGGERED and _others_missing(group.subject, actor, at):
        return group
    taken = _act(group, Verb.ACKNOWLEDGE, actor, at)
    about = f"group:{group_id}"
    stop_escalations([about], StopReason.ACKNOWLEDGED, actor=actor, at=at)
    answer_pages(about, actor=actor, at=at, person_id=actor.id)
    fail_point("A2")
    fail_point_after_commit("A3")
    return taken


def _others_missing(about: str, actor: Actor, at: datetime) -> bool:
    """Where all must acknowledge: keep that this person has; whether others are missing still.

    They are paged no more: the claim asks again whether somebody has answered for themselves, and what waits
    is cancelled by the reaction to this event.
    """
    row = queries.latest(about)
    if row is None or actor.id is None:
        return False
    asked = asked_of(row)
    missing = [person for person in asked.missing if person != actor.id]
    if missing and actor.id not in asked.answered:
        change = Change("escalation.answered", {}, {"person": actor.id, "missing": missing})
        record(lock(Escalation, row.pk), change, actor=actor, at=at, incident=row.incident_id)
        answer_pages(about, actor=actor, at=at, person_id=actor.id)
    return bool(missing)


@command
def snooze_group(group_id: int, until: datetime, *, actor: Actor, at: datetime) -> AlertGroup:
    """Take a group until a time; then it pages again in a new epoch."""
    require(actor, Right.RESPOND)
    return _snoozed(group_id, until, actor, at)


def _snoozed(group_id: int, until: datetime, actor: Actor, at: datetime) -> AlertGroup:
    group = lock(AlertGroup, group_id)
    snoozed = _act(group, Verb.SNOOZE, actor, at, until)
    stop_escalations([f"group:{group_id}"], StopReason.SNOOZED, actor=actor, at=at)
    return snoozed


@command
def unacknowledge_group(group_id: int, *, actor: Actor, at: datetime, why: str = "") -> AlertGroup:
    """Give a group back: it is triggered again and pages from the first step."""
    require(actor, Right.RESPOND)
    return _act(lock(AlertGroup, group_id), Verb.UNACKNOWLEDGE, actor, at, why=why)


@command
def reassign_group(group_id: int, target: str, *, actor: Actor, at: datetime, why: str = "") -> AlertGroup:
    """Ask somebody else: `person:ben`, `schedule:...`, `policy:...`. Who had it has it no longer.

    Raises:
        Refused: not a responder, resolved, an unknown target, or nobody stands behind it now.
    """
    require(actor, Right.PAGE)
    return _reassigned(group_id, target, actor, at, why)


@command
def reassign_alert(alert_id: int, target: str, *, actor: Actor, at: datetime, why: str = "") -> AlertGroup:
    """As `reassign_group`, for the group by which people are paged for an alert. Its sender may ask, too.

    Raises:
        Refused: as `reassign_group`, or the alert waits to be evaluated, or is held back.
    """
    alert = _visible(alert_id, actor)
    require(actor, Right.PAGE, within=alert.dedup_scope)
    _decided(alert_id, actor, at)
    group_id = queries.group_paged_for(alert).pk
    _leave_others_alone(group_id, alert, actor)
    return _reassigned(group_id, target, actor, at, why)


def _reassigned(group_id: int, target: str, actor: Actor, at: datetime, why: str) -> AlertGroup:
    wanted = wanted_people(target, at)
    group = lock(AlertGroup, group_id)
    change = grouping.reassign(group_facts(group), why=why)
    columns = dict(change.set) | {"acknowledged_by_id": None}
    facts = dict(change.payload) | {"to": wanted.name}
    told = Change(change.kind, columns, facts, change.text, change.reason)
    asked = record(group, told, actor=actor, at=at, incident=group.incident_id)
    move_members([group_id], Verb.UNACKNOWLEDGE, actor=actor, at=at, why=why)
    start = Start(
        group.subject,
        wanted.policy,
        Urgency(group.urgency),
        epoch=group.epoch,
        why=wanted.called,
        incident=group.incident_id,
        spec=wanted.spec,
    )
    escalate_anew(start, actor=actor, at=at)
    return asked


@command
def resolve_group(group_id: int, *, actor: Actor, at: datetime, why: str = "") -> AlertGroup:
    """Resolve a group and its open alerts by a person's word; `why` is one for the next time: what helped."""
    require(actor, Right.RESPOND)
    resolved = _act(lock(AlertGroup, group_id), Verb.RESOLVE, actor, at, why=why)
    stop_escalations([f"group:{group_id}"], StopReason.RESOLVED, actor=actor, at=at)
    return resolved


def _act(
    group: AlertGroup,
    verb: Verb,
    actor: Actor,
    at: datetime,
    until: datetime | None = None,
    why: str = "",
) -> AlertGroup:
    change = grouping.act(group_facts(group), verb, at=at, until=until, why=why)
    told = held_by(change, verb, actor)
    moved = record(group, told, actor=actor, at=at, incident=group.incident_id)
    move_members([group.pk], verb, actor=actor, at=at, until=until, why=why)
    return moved


def held_by(change: Change, verb: Verb, actor: Actor) -> Change:
    """The change of a group's row, with who has it from now on."""
    if verb is Verb.RESOLVE:
        return change
    is_taken = verb in (Verb.ACKNOWLEDGE, Verb.SNOOZE)
    holder = actor.id if is_taken and actor.kind is ActorKind.PERSON else None
    columns = dict(change.set) | {"acknowledged_by_id": holder}
    return Change(change.kind, columns, change.payload, change.text, change.reason)


def move_members(
    group_ids: Sequence[int],
    verb: Verb,
    *,
    actor: Actor,
    at: datetime,
    until: datetime | None = None,
    why: str = "",
) -> None:
    """Every open member follows, however many: one that stayed open would page nobody when it fires again."""
    members = open_members_of(group_ids)
    for start in range(0, len(members), MEMBERS_AT_ONCE):
        some = members[start : start + MEMBERS_AT_ONCE]
        move_alerts(some, verb, actor=actor, at=at, until=until, why=why)


@command
def acknowledge_call(call_id: int, *, actor: Actor, at: datetime, link: str | None = None) -> Call:
    """Answer a call: "I am coming". It stops paging that target only, and makes a responder (design 7).

    Raises:
        Refused: not a responder, or a link for another page.
    """
    call = lock(Call, call_id)
    require(actor, Right.RESPOND, link=link)
    about = f"call:{call_id}"
    if call.state == "triggered" and not _others_missing(about, actor, at):
        call = answer_call(call_id, actor=actor, at=at)
        stop_escalations([about], StopReason.ACKNOWLEDGED, actor=actor, at=at)
    if actor.id is not None:
        answer_pages(about, actor=actor, at=at, person_id=actor.id)
        if call.incident_id is not None:
            be_responder(call.incident_id, actor.id, Presence.ACKNOWLEDGED, actor=actor, at=at)
            write_incident(call.incident_id, lambda row: _first_answer(row, at), actor=actor, at=at)
    return call


def _first_answer(row: Incident, at: datetime) -> Change | None:
    if row.acknowledged_at is not None:
        return None
    return Change("incident.timestamps_corrected", {"acknowledged_at": at}, {"acknowledged_at": at})


@command
def acknowledge_page(page_id: int, *, actor: Actor, at: datetime) -> Page:
    """Answer a page, by its link or signed in: acts on what the page is about, once."""
    page = Page.objects.get(pk=page_id)
    link = f"page:{page_id}"
    kind, _sep, number = page.about.partition(":")
    if kind == "group":
        acknowledge_group(int(number), actor=actor, at=at, link=link)
    else:
        acknowledge_call(int(number), actor=actor, at=at, link=link)
    return Page.objects.get(pk=page_id)
