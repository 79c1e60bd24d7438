"""How a postmortem begins: why it is due, its draft from the timeline, and the three clocks (R52, R53)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from muster.core import obligations as owing
from muster.core import review
from muster.core.change import Change
from muster.core.obligations import SupersededBy
from muster.core.permissions import Actor, Right, require
from muster.core.phases import AFTER, Phase
from muster.core.refusal import Refused
from muster.core.review import Due, Fired, PostmortemState, PostmortemVerb
from muster.core.standard import Trigger
from muster.evaluate.commands import write_incident
from muster.evaluate.models import Incident
from muster.foundation.catalog.queries import business_hours
from muster.foundation.obligations.commands import OwedOn, arm_obligations, supersede_obligations
from muster.foundation.obligations.queries import owed_on
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.pen import command, lock, record, record_many
from muster.respond.warroom.queries import standard_of
from muster.review.postmortem.drafting import draft_facts, trigger_facts
from muster.review.postmortem.models import Postmortem, PostmortemSection
from muster.review.postmortem.outline import COMPUTED, first_body
from muster.review.postmortem.queries import CLOCKS
from muster.review.postmortem.reasons import Reviewing
from muster.review.postmortem.times import times_of


@command
def begin_review(incident_id: int, *, actor: Actor, at: datetime) -> Postmortem | None:
    """Decide whether a resolved incident needs a postmortem; draft it and start the three clocks if it does.

    Where none is due, the timeline says so: it is never skipped silently. A postmortem that is there already
    (the incident was reopened and resolved again) is kept, and due again. Called twice for one resolution, it
    does nothing the second time.
    """
    incident = lock(Incident, incident_id)
    if Phase(incident.phase) not in AFTER or incident.resolved_at is None:
        return None
    [times] = times_of([incident])
    fired = review.postmortem_due(standard_of(incident), incident.severity, trigger_facts(incident, times))
    found = Postmortem.objects.filter(incident=incident).first()
    if _is_decided(incident, incident.resolved_at):
        return found
    if not fired and found is None:
        change = Change("incident.postmortem_not_due", {}, {"severity": incident.severity})
        write_incident(incident_id, lambda _row: change, actor=actor, at=at)
        return None
    if found is None:
        found = _draft(incident, fired, actor=actor, at=at)
    else:
        found = _due_again(found, fired, actor=actor, at=at)
    _arm(incident, incident.resolved_at, actor=actor, at=at)
    return found


def _is_decided(incident: Incident, resolved_at: datetime) -> bool:
    """Whether this resolution was looked at already: its clocks run, or none is due."""
    if owed_on(incident.subject, CLOCKS).filter(armed_at=resolved_at).exists():
        return True
    said = Event.objects.filter(subject=incident.subject, kind="incident.postmortem_not_due")
    return said.filter(at__gte=resolved_at).exists()


@command
def draft_postmortem(incident_id: int, *, actor: Actor, at: datetime) -> Postmortem:
    """Draft a postmortem because somebody asks for it, although nothing else made it due (R52).

    Its clocks start now.

    Raises:
        Refused: may not, the incident is not resolved, or it has a postmortem.
        Incident.DoesNotExist: there is none, or it is not theirs to see.
    """
    require(actor, Right.REVIEW)
    incident = lock(Incident, incident_id, seen_by=actor)
    if Phase(incident.phase) not in AFTER:
        raise Refused(Reviewing.NOT_RESOLVED)
    if Postmortem.objects.filter(incident=incident).exists():
        raise Refused(Reviewing.EXISTS)
    [times] = times_of([incident])
    facts = trigger_facts(incident, times, is_requested=True)
    fired = review.postmortem_due(standard_of(incident), incident.severity, facts)
    row = _draft(incident, fired or (Fired(Trigger.STAKEHOLDER_REQUEST),), actor=actor, at=at)
    _arm(incident, at, actor=actor, at=at)
    return row


@command
def suspend_review(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """The incident is worked on again: nothing is owed on its review, and what was published is a draft."""
    found = Postmortem.objects.filter(incident_id=incident_id).first()
    if found is None:
        return
    row = lock(Postmortem, found.pk)
    supersede_obligations(f"incident:{incident_id}", CLOCKS, SupersededBy.REOPENED, actor=actor, at=at)
    if row.state == PostmortemState.PUBLISHED:
        change = review.move(row.state, PostmortemVerb.WITHDRAW, at=at, why=_("The incident was reopened."))
        record(row, change, actor=actor, at=at, incident=incident_id)


def _draft(incident: Incident, fired: Sequence[Fired], *, actor: Actor, at: datetime) -> Postmortem:
    """The postmortem and one row for each section that people write."""
    [times] = times_of([incident])
    reasons = [{"why": one.why.value, "fact": one.fact} for one in fired]
    columns = {
        "incident_id": incident.pk,
        "audience_id": incident.audience_id,
        "state": PostmortemState.DRAFT.value,
        "fired": reasons,
        "drafted_at": at,
    }
    facts = {"incident": incident.pk, "fired": reasons, "required": _is_required(fired)}
    row = record(
        Postmortem(),
        Change("postmortem.drafted", columns, facts),
        actor=actor,
        at=at,
        incident=incident.pk,
    )
    drafted = review.draft(standard_of(incident), draft_facts(incident, times))
    changes = [
        _first_version(row, place, section.id, first_body(section), at)
        for place, section in enumerate(drafted)
        if section.id not in COMPUTED
    ]
    record_many(
        [PostmortemSection() for _change in changes],
        changes,
        actor=actor,
        at=at,
        incidents=[incident.pk] * len(changes),
    )
    return row


def _first_version(row: Postmortem, place: int, key: str, body: str, at: datetime) -> Change:
    columns = {
        "postmortem_id": row.pk,
        "audience_id": row.audience_id,
        "key": key,
        "position": place,
        "body": body,
        "version": 1,
        "edited_at": at,
    }
    facts = {"key": key, "version": 1, "postmortem": row.pk}
    return Change("postmortem_section.drafted", columns, facts, {"body": body})


def _due_again(row: Postmortem, fired: Sequence[Fired], *, actor: Actor, at: datetime) -> Postmortem:
    reasons = [{"why": one.why.value, "fact": one.fact} for one in fired] or row.fired
    change = Change("postmortem.due_again", {"fired": reasons}, {"fired": reasons})
    return record(lock(Postmortem, row.pk), change, actor=actor, at=at, incident=row.incident_id)


def _is_required(fired: Sequence[Fired]) -> bool:
    return any(one.why is Due.SEVERITY for one in fired)


def _arm(incident: Incident, since: datetime, *, actor: Actor, at: datetime) -> None:
    standard = standard_of(incident)
    calendar = business_hours(standard, since)
    owed = owing.armed_at_resolution(standard, resolved_at=since, calendar=calendar)
    on = OwedOn(
        incident.subject,
        incident=incident.pk,
        version=incident.standard_id,
        audience_id=incident.audience_id,
    )
    arm_obligations(owed, on, actor=actor, at=at)
