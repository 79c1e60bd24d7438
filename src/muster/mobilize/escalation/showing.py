"""Ladders and decisions as doors show them: handles and sentences in the place of ids and reasons."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from muster.core.delivery import DeliveryState
from muster.core.escalation import EscalationState, PlannedStep
from muster.core.escalation_life import is_held
from muster.core.hold import Beginning
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.detect.models import Alert
from muster.evaluate import words as evaluate_words
from muster.evaluate.api_alerts import shown_step
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import decision_of
from muster.foundation.access.models import Person
from muster.foundation.timeline.queries import every_event
from muster.mobilize.escalation.circumstances import asked_of
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.plans import plan_of, weaknesses
from muster.mobilize.escalation.queries import handles_of_targets, latest
from muster.mobilize.escalation.words import HELD, STATES, STEPS, STOPPED, weakness
from muster.mobilize.paging import words as paging_words
from muster.mobilize.paging.api import shown_page
from muster.mobilize.paging.models import Delivery, Page, Post
from muster.mobilize.paging.queries import Reach, pages_about, posts_about


def holds(
    steps: Iterable[PlannedStep], urgency: Urgency, at: datetime
) -> dict[tuple[datetime, int], Beginning]:
    """Whom of these steps their own hours would hold, and until when, by step's time and person (engine
    side)."""
    reach = Reach(at)
    begins = {
        (step.due_at, int(person)): reach.begins(int(person), urgency, step.due_at)
        for step in steps
        for person in step.people
    }
    return {key: beginning for key, beginning in begins.items() if beginning.held}


def shown_plan(
    steps: Iterable[PlannedStep], at: datetime, urgency: Urgency = Urgency.HIGH
) -> list[dict[str, Any]]:
    """Planned steps with handles, and a sentence for each; whose own hours would hold what can wait."""
    planned = list(steps)
    held = holds(planned, urgency, at)
    ids = {int(person) for step in planned for person in (*step.people, *step.unreachable, *step.away)}
    known = Person.objects.in_bulk(ids)
    handles = handles_of_targets() if planned else {}
    return [_planned(step, known, handles) | {"held": _held(step, known, held)} for step in planned]


def _held(
    step: PlannedStep, known: Mapping[int, Person], held: Mapping[tuple[datetime, int], Beginning]
) -> list[dict[str, Any]]:
    found = [(known[int(one)], held.get((step.due_at, int(one)))) for one in step.people]
    return [
        {
            "person": person.handle,
            "until": begins.at,
            "reason": begins.reason.value,
            "sentence": paging_words.said(begins.reason),
        }
        for person, begins in found
        if begins is not None
    ]


def _planned(step: PlannedStep, known: Mapping[int, Person], handles: Mapping[str, str]) -> dict[str, Any]:
    people = [known[int(person)] for person in step.people]
    unreachable = [known[int(person)] for person in step.unreachable]
    away = [known[int(person)] for person in step.away]
    facts = {
        "people": ", ".join(person.name for person in people),
        "unreachable": ", ".join(person.name for person in unreachable),
        "away": ", ".join(person.name for person in away),
        "targets": ", ".join(handles.get(str(target), str(target)) for target in step.targets),
    }
    return {
        "round": step.round,
        "step": step.step,
        "at": step.due_at,
        "targets": [handles.get(str(target), str(target)) for target in step.targets],
        "people": [person.handle for person in people],
        "unreachable": [person.handle for person in unreachable],
        "away": [person.handle for person in away],
        "reason": step.reason.value,
        "sentence": str(STEPS[step.reason]) % facts,
    }


def shown_weaknesses(policy: Policy, at: datetime) -> list[dict[str, Any]]:
    """Where a policy that the caller may see would let somebody down, in sentences."""
    found = weaknesses(policy, at)
    ids = {int(one) for item in found for key, some in item.detail if key == "people" for one in some}  # type: ignore[attr-defined]
    names = {pk: row.name for pk, row in Person.objects.in_bulk(ids).items()}
    return [
        {"weakness": item.weakness.value, "step": item.step, "sentence": weakness(item, names)}
        for item in found
    ]


def spec_by_handle(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's spec as configuration writes it: targets by the handles that they have now."""
    handles = handles_of_targets()
    steps = [
        {**step, "notify": [handles.get(target, target) for target in step["notify"]]}
        for step in spec["steps"]
    ]
    return {**spec, "steps": steps}


def shown_versions(policy: Policy, actor: Actor) -> list[dict[str, Any]]:
    """Every version of a policy that the actor may see, newest first: its number, when, by whom, and its
    spec."""
    rows = {row.subject: row for row in policy.versions.order_by("number")}
    numbers = {subject: row.number for subject, row in rows.items()}
    events = every_event(actor).filter(subject__in=list(numbers), kind="policy_version.published")
    told = sorted(events, key=lambda event: -event.pk)
    known = Person.objects.in_bulk(
        {int(event.actor.partition(":")[2]) for event in told if event.actor.startswith("person:")}
    )
    names = {row.subject: row.name for row in known.values()}
    return [
        {
            "number": numbers[one.subject],
            "at": one.at,
            "by": names.get(one.actor, "Muster"),
            "spec": rows[one.subject].spec,
        }
        for one in told
    ]


def explained(alert: Alert, actor: Actor, at: datetime) -> dict[str, Any]:
    """Why an alert that the actor may see pages people or does not, who was paged, and what comes next."""
    decision = decision_of(alert)
    group = decision.group if decision is not None else None
    escalation = latest(group.subject) if group is not None else None
    told: dict[str, Any] = {
        "alert": alert.public_id,
        "outcome": decision.outcome if decision is not None else "waiting",
        "summary": _("It waits to be evaluated."),
        "decided_at": decision.decided_at if decision is not None else None,
        "steps": [shown_step(step) for step in decision.steps] if decision is not None else [],
        "group": group.public_id if group is not None else None,
        "joined": None,
        "escalation": _ladder(escalation, actor, at) if escalation is not None else None,
        "pages": [],
        "messages": [],
        "posts": [],
        "plan": [],
    }
    if decision is not None:
        by = next((str(step["by"]) for step in decision.steps if step["holds"]), "")
        told["summary"] = evaluate_words.summary(decision.outcome, decision.urgency, by)
    if group is not None:
        told["joined"] = _joined(group, alert, actor)
        pages = list(pages_about(actor, group.subject))
        told["pages"] = [shown_page(row, actor) for row in pages]
        told["messages"] = [_message(one, row) for row in reversed(pages) for one in row.deliveries.all()]
        told["posts"] = [_post(row) for row in posts_about(actor, group.subject)]
    if escalation is not None:
        told["plan"] = shown_plan(plan_of(escalation, at), at, Urgency(escalation.urgency))
    return told


def _joined(group: AlertGroup, alert: Alert, actor: Actor) -> dict[str, str] | None:
    """What it meant for paging that the alert came into its group, as it was told then."""
    began = Q(kind="group.opened", payload__alert=alert.pk)
    joined = Q(kind="group.member_joined", payload__alerts__contains=[alert.pk])
    found = every_event(actor).filter(began | joined, subject=group.subject).order_by("-id").first()
    if found is None:
        return None
    reason = str(found.payload["reason"])
    words = {said.value: sentence for said, sentence in evaluate_words.JOINING.items()}
    return {"reason": reason, "sentence": str(words.get(reason, reason))}


def _message(row: Delivery, page: Page) -> dict[str, Any]:
    """A message of a page: where it stands, and why it went, waits, or is not needed."""
    state = str(paging_words.STATES[DeliveryState(row.state)])
    why = paging_words.said(row.reason)
    return {
        "page": page.public_id,
        "person": page.person.handle,
        "contact": row.contact.name,
        "at": row.due_at,
        "state": row.state,
        "reason": row.reason,
        "sentence": f"{state}: {why}" if why else state,
    }


def _post(row: Post) -> dict[str, Any]:
    return {
        "webhook": row.webhook.handle,
        "step": row.step,
        "at": row.created_at,
        "state": row.state,
        "reason": row.reason,
        "sentence": str(paging_words.STATES[DeliveryState(row.state)]),
    }


def people_missing(escalation: Escalation) -> list[Person]:
    """Who must still acknowledge what the reader was shown, where all must; nobody once it is over."""
    if escalation.state == EscalationState.STOPPED:
        return []
    missing = asked_of(escalation).missing
    known = Person.objects.in_bulk(missing)
    return [known[id_] for id_ in missing]


def _ladder(row: Escalation, actor: Actor, at: datetime) -> dict[str, Any]:
    version = row.policy_version
    held = is_held(row.state, row.due_at, row.held_until, at)
    sentence = str(HELD if held else STATES[EscalationState(row.state)])
    stopped = _why_stopped(row, actor) if row.state == EscalationState.STOPPED else ""
    return {
        "state": row.state,
        "policy": version.policy.handle if version is not None else None,
        "epoch": row.epoch,
        "next_at": row.due_at,
        "held_until": row.held_until if held else None,
        "reason": stopped,
        "sentence": f"{sentence}: {_STOPPED.get(stopped, stopped)}" if stopped else sentence,
        "missing": [person.handle for person in people_missing(row)],
    }


_STOPPED = {reason.value: words for reason, words in STOPPED.items()}


def _why_stopped(row: Escalation, actor: Actor) -> str:
    """Why nobody further is paged, as it was told then."""
    events = every_event(actor).filter(subject=row.subject, kind="escalation.stopped")
    found = events.order_by("-id").first()
    return str(found.payload.get("reason", "")) if found is not None else ""
