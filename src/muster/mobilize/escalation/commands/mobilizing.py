"""An incident calls its people: one call and one ladder for each target of the Standard's page list."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from muster.core.delivery import DeliveryState
from muster.core.escalation_life import StopReason
from muster.core.lifecycle import AlertState
from muster.core.outcome import PageOutcome, page_outcome, step_outcome
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.phases import Phase
from muster.core.policy import Target, TargetKind
from muster.core.policy_form import by_id, read_policy
from muster.core.refusal import Refused
from muster.core.standard import Standard
from muster.core.standard.severities import PageHours
from muster.core.urgency import Urgency
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import business_hours
from muster.foundation.standard.queries import version_of
from muster.foundation.timeline.pen import command, lock
from muster.mobilize.escalation.commands.answers import acknowledge_group
from muster.mobilize.escalation.commands.ladder import (
    Start,
    hasten_escalation,
    start_escalation,
    stop_escalations,
)
from muster.mobilize.escalation.commands.raising import Demand, raise_paging
from muster.mobilize.escalation.commands.responders import Presence, be_responder
from muster.mobilize.escalation.commands.wanted import (
    Wanted,
    ad_hoc,
    find_target,
    of_policy,
    wanted_people,
)
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.paging.carried import carrying_state, pages_of_message
from muster.mobilize.paging.commands import end_call, start_call
from muster.mobilize.paging.models import Call, Page, Post


@command
def mobilize_incident(
    incident_id: int, *, actor: Actor, at: datetime, group: int | None = None
) -> list[Call]:
    """Call everybody whom the incident's Standard pages at its severity; who was called already is not again,
    unless it became more urgent or need not wait for business hours any more.

    A person who declared from an alert has its group; they are not paged for their own target.
    """
    incident = lock(Incident, incident_id)
    if not Phase(incident.phase).is_open:
        return []
    standard = version_of(incident.standard_id).standard
    severity = standard.severities[incident.severity]
    declarer = incident.declared_by
    if declarer is not None and group is not None:
        _take_group(group, declarer, at)
    if declarer is not None and incident.commander_id == declarer.pk:
        be_responder(incident_id, declarer.pk, Presence.JOINED, actor=actor, at=at)
    names = [
        *severity.page,
        *(name for flag in incident.flags if flag in standard.flags for name in standard.flags[flag].page),
    ]
    called = set(
        Call.objects.filter(incident=incident).exclude(state="resolved").values_list("target", flat=True)
    )
    demand = _demand(standard, incident, at)
    for call in Call.objects.filter(incident=incident, state="triggered").order_by("id"):
        raise_paging(call.pk, demand, actor=actor, at=at)
    calls = []
    for wanted in _wanted(list(dict.fromkeys(names)), standard.targets, incident, at):
        if wanted.name in called or (declarer is not None and declarer.pk in wanted.first):
            continue
        calls.append(_call(incident, wanted, demand, actor, at))
        called.add(wanted.name)
    return calls


def _take_group(group_id: int, declarer: Person, at: datetime) -> None:
    state = AlertGroup.objects.values_list("state", flat=True).get(pk=group_id)
    if state == AlertState.TRIGGERED:
        person = Actor(kind=ActorKind.PERSON, id=declarer.pk, role=declarer.role)  # type: ignore[arg-type]
        try:
            acknowledge_group(group_id, actor=person, at=at, for_all=True)
        except Refused:
            return  # a stakeholder may declare but not take alerts: the on-call person is paged on


def _wanted(
    names: list[str], targets: Mapping[str, str], incident: Incident, at: datetime
) -> Iterator[Wanted]:
    services = list(Service.objects.filter(pk__in=incident.services).order_by("id"))
    for name in names:
        kind, _, key = targets.get(name, name).partition(":")
        if kind == "policy":
            yield from _policies(services, at)
        elif kind in ("team", "manager") and key == "affected":
            for team_id in dict.fromkeys(row.team_id for row in services if row.team_id is not None):
                yield ad_hoc(Target(TargetKind(kind), team_id), at)
        elif kind in set(TargetKind):
            found = find_target(f"{kind}:{key}")
            if found is not None:
                yield ad_hoc(found, at)


def _policies(services: list[Service], at: datetime) -> Iterator[Wanted]:
    handles = list(dict.fromkeys(row.policy for row in services if row.policy))
    for policy in Policy.objects.filter(handle__in=handles).order_by("id"):
        yield of_policy(policy, at)
    if not handles:
        yield Wanted("fallback", spec={"steps": [], "repeat": 0, "then_after": "15m"})


def _demand(standard: Standard, incident: Incident, at: datetime) -> Demand:
    """How the incident's severity pages: how urgently, and from when on (R10, R44)."""
    severity = standard.severities[incident.severity]
    waits = severity.page_hours is PageHours.BUSINESS_HOURS
    opens = business_hours(standard, at).next_opening(at) if waits else at
    return Demand(
        Urgency(severity.page_urgency.value),
        sev1=incident.severity == "SEV1",
        held_until=opens if opens > at else None,
    )


def _call(incident: Incident, wanted: Wanted, demand: Demand, actor: Actor, at: datetime) -> Call:
    call = start_call(
        wanted.name, actor=actor, at=at, summary=incident.title, urgency=demand.urgency, incident=incident.pk
    )
    start = Start(
        call.subject,
        wanted.policy,
        demand.urgency,
        sev1=demand.sev1,
        why=wanted.called,
        incident=incident.pk,
        spec=wanted.spec,
        held_until=demand.held_until,
    )
    start_escalation(start, actor=actor, at=at)
    return call


@command
def page_target(
    target: str, *, actor: Actor, at: datetime, summary: str, incident: int | None = None
) -> Call:
    """Page anyone by hand, for an incident or for none; repeats once, then reaches the fallback.

    Raises:
        Refused: not a responder, an unknown target, or nobody stands behind it now.
    """
    require(actor, Right.PAGE)
    wanted = wanted_people(target, at)
    call = start_call(
        wanted.name, actor=actor, at=at, summary=summary, urgency=Urgency.HIGH, incident=incident
    )
    start = Start(
        call.subject, wanted.policy, Urgency.HIGH, why=wanted.called, incident=incident, spec=wanted.spec
    )
    start_escalation(start, actor=actor, at=at)
    return call


@command
def end_calls(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """The incident is over: nobody is called for it any more."""
    phase = Phase(Incident.objects.values_list("phase", flat=True).get(pk=incident_id))
    reason = StopReason.MERGED if phase is Phase.MERGED else StopReason.RESOLVED
    reason = StopReason.DISMISSED if phase is Phase.DISMISSED else reason
    for call in Call.objects.filter(incident_id=incident_id).exclude(state="resolved").order_by("id"):
        end_call(call.pk, actor=actor, at=at)
        stop_escalations([call.subject], reason, actor=actor, at=at)


@command
def hasten_after_posts(post_id: int, *, actor: Actor, at: datetime) -> None:
    """A webhook could not be told: where its step names webhooks alone and none was, the next is due now."""
    post = Post.objects.get(pk=post_id)
    row = Escalation.objects.get(pk=post.escalation)
    steps = read_policy(row.snapshot, target=by_id).steps
    step = steps[post.step - 1] if post.step <= len(steps) else None
    if step is None or not step.only_webhooks or row.epoch != post.epoch:
        return
    others = Post.objects.filter(
        escalation=row.pk, epoch=post.epoch, round=post.round, step=post.step
    ).exclude(state=DeliveryState.FAILED)
    later = Post.objects.filter(escalation=row.pk, epoch=post.epoch, pk__gt=post.pk)
    paged = Page.objects.filter(escalation=row.pk, epoch=post.epoch, started_at__gt=post.created_at)
    if not others.exists() and not paged.exists() and not later.exclude(step=post.step).exists():
        hasten_escalation(row.pk, actor=actor, at=at)


@command
def hasten_after_failure(delivery_id: int, *, actor: Actor, at: datetime) -> None:
    """A message failed for good: where nobody of a step can be reached, the next step is due now (I5).

    So it is for what the message carried.
    """
    steps = {
        (page.escalation, page.epoch, page.round, page.step): page.escalation
        for page in pages_of_message(delivery_id)
        if page.escalation is not None
    }
    for (escalation, epoch, round_, step), escalation_id in sorted(steps.items()):
        siblings = Page.objects.filter(escalation=escalation, epoch=epoch, round=round_, step=step)
        outcomes = [
            page_outcome([carrying_state(row) for row in each.deliveries.all()])
            for each in siblings.prefetch_related("deliveries__folded_into")
        ]
        if step_outcome(outcomes) is PageOutcome.FAILED:
            hasten_escalation(escalation_id, actor=actor, at=at)
