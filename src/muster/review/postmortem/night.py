"""The incident lane by lane: alerts, decisions, updates, phases, as the picture `night` draws them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.core.phases import ORDER
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.queries import every_event
from muster.respond.warroom.queries import standard_of
from muster.review.showing import Dict

_DECISIONS = ("incident.declared", "incident.severity_changed", "incident.commander_changed")
_UPDATES = ("update.posted", "page_update.posted")
_STEPS_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080)
_MOST_TICKS = 7
_MOST_MARKS = 60
_WORDED = 3


def night_of(incident: Incident, actor: Actor) -> Dict | None:
    """The picture from shortly before the impact until it was resolved; None before that."""
    if incident.resolved_at is None:
        return None
    alerts = Alert.objects.visible_to(actor).filter(decision__group__incident=incident).order_by("opened_at")
    shown = list(alerts[:_MOST_MARKS])
    first = min([incident.impact_started_at or incident.declared_at, *(one.opened_at for one in shown)])
    start, end = _padded(min(first, incident.declared_at), incident.resolved_at)
    of_it = Q(incident=incident.pk) | Q(subject=incident.subject)
    events = list(every_event(actor).filter(of_it, at__lte=end).order_by("at", "id"))
    lanes = [
        {"name": _("Alerts"), **_alerts(shown)},
        {"name": _("Decisions"), "marks": _marks(events, _DECISIONS, "diamond", _decision)},
        {"name": _("Updates"), "marks": _marks(events, _UPDATES, "ring", lambda event: "")},
        {"name": _("Phase"), "phases": _phases(events, incident)},
    ]
    picture: Dict = {
        "start": start,
        "end": end,
        "ticks": _ticks(start, end),
        "lanes": lanes,
        "summary": _("The incident on a line of time: alerts, decisions, updates and phases"),
        "note": _("from the timeline, %(n)s entries") % {"n": len(events)},
    }
    if incident.mitigated_at is not None and incident.impact_started_at is not None:
        picture["window"] = {"from": incident.impact_started_at, "until": incident.mitigated_at}
    return picture


def _padded(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    pad = max((end - start) * 0.06, timedelta(minutes=1))
    return start - pad, end + pad


def _alerts(alerts: Sequence[Alert]) -> Dict:
    marks = [{"at": one.opened_at, "shape": "dot", "word": ""} for one in alerts]
    if marks:
        marks[0]["word"] = _("first alert")
    return {"marks": marks}


def _decision(event: Event) -> str:
    if event.kind == "incident.declared":
        return _("declared")
    return str(event.payload.get("after", "")) if event.kind == "incident.severity_changed" else ""


def _marks(events: Iterable[Event], kinds: Sequence[str], shape: str, word: object) -> list[Dict]:
    found = [event for event in events if event.kind in kinds][:_MOST_MARKS]
    say = word if callable(word) else str
    return [
        {"at": event.at, "shape": shape, "word": say(event) if len(found) <= _WORDED else ""}
        for event in found
    ]


def _phases(events: Iterable[Event], incident: Incident) -> list[Dict]:
    """Each stretch between two moves, named by the Standard."""
    standard, open_phases = standard_of(incident), {phase.value: phase for phase in ORDER[:5]}
    at, phase = incident.declared_at, ORDER[0].value
    found: list[Dict] = []
    moves = [event for event in events if event.subject == incident.subject and "phase" in event.payload]
    for event in moves:
        if phase in open_phases and event.at > at:
            found.append({"from": at, "until": event.at, "word": standard.stage_of(open_phases[phase])})
        at, phase = event.at, str(event.payload["phase"])
    return found


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    """At most seven round times within."""
    minutes = (end - start) / timedelta(minutes=1)
    step = next((one for one in _STEPS_MINUTES if minutes / one <= _MOST_TICKS), _STEPS_MINUTES[-1])
    width = timedelta(minutes=step)
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = day + width * (int((start - day) / width) + 1)
    count = int((end - first) / width) + 1
    return [first + width * number for number in range(min(count, 60))]
