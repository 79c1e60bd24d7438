"""What a first draft is made from: the timeline, the roles, the alerts, what people tried (R54; design 9).

Nothing is invented: a cause, a lesson, or how many users were hit stays open with its question. Engine side.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.metrics import IncidentTimes
from muster.core.permissions import Actor, system
from muster.core.review import UTC_SECOND, DraftFacts, Moment, TriggerFacts, impact_duration
from muster.core.standard.severities import Impact
from muster.core.text import one_line
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.queries import Line, every_event, told
from muster.respond.warroom.models import Entry, Task, Update
from muster.respond.warroom.queries import assignments_of, standard_of
from muster.review.postmortem.naming import names_of

_SILENT = (
    *("obligation.", "delivery.", "page.", "escalation.", "call.", "group."),
    *("postmortem", "action_item.", "tick.", "gate_tick."),
)
_LOUD = frozenset({"obligation.breached", "escalation.exhausted"})
_MOST_MOMENTS = 1_000
_LINE_CHARS = 400
_HIT_USERS = frozenset({Impact.COMPLETE, Impact.DEGRADED})
_TRIED = "action"


def trigger_facts(incident: Incident, times: IncidentTimes, *, is_requested: bool = False) -> TriggerFacts:
    """What the triggers of a postmortem look at (R52).

    Customers felt it where the impact was complete or degraded, a customer is named, or customers were told.
    What people did is known as actions noted in the room. Found by a person: no alert belongs to it.
    """
    told_outside = Update.objects.filter(incident=incident, audience="external").exists()
    felt = incident.impact in _HIT_USERS or bool(incident.customers) or told_outside
    acted = Entry.objects.filter(incident=incident, kind=_TRIED).exists()
    took = None
    if incident.resolved_at is not None:
        took = incident.resolved_at - (incident.impact_started_at or incident.declared_at)
    return TriggerFacts(
        client_visible_downtime=impact_duration(times) if felt else None,
        is_data_lost="data_loss" in incident.flags,
        interventions=frozenset({"other"}) if acted else frozenset(),
        time_to_resolve=took,
        found_by_person=times.first_alert_at is None and incident.declared_by_id is not None,
        requested_by="somebody" if is_requested else "",
    )


def draft_facts(incident: Incident, times: IncidentTimes) -> DraftFacts:
    """Everything that the first draft says."""
    actor = system("draft_postmortem")
    return DraftFacts(
        title=incident.title,
        times=times,
        severity_label=incident.severity,
        summary="\n\n".join(_summary(incident)),
        moments=(*_moments(incident, actor), *_alert_moments(incident)),
        actions_taken=tuple(_tried(incident)),
    )


def _summary(incident: Incident) -> Iterator[str]:
    if incident.summary.strip():
        yield incident.summary.strip()
    services = Service.objects.filter(pk__in=incident.services).order_by("name")
    if services:
        yield _("Affected: %(services)s.") % {"services": ", ".join(one.name for one in services)}
    yield from _roles(incident)
    alerts = list(_alerts(incident))
    if alerts:
        words = ngettext(
            "One alert: %(id)s %(summary)s, at %(at)s UTC.",
            "%(n)s alerts, the first of them %(id)s %(summary)s, at %(at)s UTC.",
            len(alerts),
        )
        first = alerts[0]
        yield words % {
            "n": len(alerts),
            "id": first.public_id,
            "summary": one_line(first.summary, 120),
            "at": _utc(first.opened_at),
        }


def _roles(incident: Incident) -> Iterator[str]:
    """Who held which role in the end, in the words of the Standard."""
    held = assignments_of(incident)
    people = Person.objects.in_bulk([person for group in held.values() for person in group])
    roles = standard_of(incident).roles.definitions
    said = [
        f"{roles[role].title if role in roles else role}: {', '.join(people[id_].name for id_ in ids)}"
        for role, ids in sorted(held.items())
    ]
    if said:
        yield _("Roles: %(roles)s.") % {"roles": "; ".join(said)}


def _moments(incident: Incident, actor: Actor) -> Iterator[Moment]:
    """The declaration names its incident as its subject only."""
    of_it = Q(incident=incident.pk) | Q(subject=incident.subject)
    rows = every_event(actor).filter(of_it).order_by("at", "id")
    events = [event for event in rows[:_MOST_MOMENTS] if _is_told(event)]
    for line in told(events, names_of):
        yield Moment(line.at, one_line(_words(line), _LINE_CHARS), line.kind)


def _words(line: Line) -> str:
    """Who, and what: somebody who was called did not call, and what somebody said is said by them."""
    who = line.facts.get("person", line.actor_name) if line.kind.startswith("responder.") else line.actor_name
    return f"{who}: {line.sentence}" if line.kind == "entry.said" else f"{who} {line.sentence}"


def _is_told(event: Event) -> bool:
    return event.kind in _LOUD or not event.kind.startswith(_SILENT)


def _alerts(incident: Incident) -> list[Alert]:
    return list(Alert.objects.filter(decision__group__incident=incident).order_by("opened_at", "id"))


def _alert_moments(incident: Incident) -> Iterator[Moment]:
    for alert in _alerts(incident)[:_MOST_MOMENTS]:
        what = {"id": alert.public_id, "summary": one_line(alert.summary, 200)}
        yield Moment(alert.opened_at, _("Alert %(id)s: %(summary)s") % what, "alert.opened")
        if alert.resolved_at is not None:
            yield Moment(alert.resolved_at, _("Alert %(id)s resolved") % what, "alert.resolved")


def _tried(incident: Incident) -> Iterator[str]:
    """Actions that people noted and tasks that they finished, in time."""
    found = [(one.said_at, one.body) for one in Entry.objects.filter(incident=incident, kind=_TRIED)]
    finished = Task.objects.filter(incident=incident, done_at__isnull=False, state="done")
    found += [(one.done_at, one.title) for one in finished if one.done_at is not None]
    for at, words in sorted(found):
        yield f"{_utc(at)} {one_line(words, _LINE_CHARS)}"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime(UTC_SECOND)
