"""The path of a test signal: from the sender's door to the people who were paged, as far as it has come."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.delivery import DeliveryState
from muster.core.escalation_life import is_held
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.detect.queries import signals_of
from muster.detect.words import became
from muster.evaluate import words
from muster.evaluate.models import AlertGroup, Decision
from muster.evaluate.queries import decision_of
from muster.mobilize.escalation.queries import latest
from muster.mobilize.paging.models import Page
from muster.mobilize.paging.queries import pages_about
from muster.mobilize.paging.words import STATES
from muster.web.screens.home import next_steps

Dict = dict[str, Any]
_WATCHED = timedelta(minutes=2)
"""For so long the screen looks again by itself."""
_PAGES = 5


def path_of(alert: Alert, actor: Actor, at: datetime) -> Dict:
    """Each station with its time and its reason; `waits` while more may come."""
    stations = [_came_in(alert), _opened(alert)]
    decision = decision_of(alert)
    stations.append(_decided(decision))
    group = decision.group if decision is not None else None
    if group is not None:
        stations += _told(group, actor, at)
    over = alert.resolved_at
    if over is not None:
        stations.append(_station("met", _("Ended"), "", over))
    return {
        "alert": alert.public_id,
        "url": f"/alerts/{alert.public_id}",
        "stations": stations,
        "open": over is None,
        "waits": over is None and at - alert.last_seen_at < _WATCHED,
    }


def _station(state: str, title: str, second: Any, at: datetime | None = None) -> Dict:
    return {"state": state, "title": title, "second": second, "at": at}


def _came_in(alert: Alert) -> Dict:
    signals = signals_of(alert, 1)
    if not signals:
        return _station("met", _("Came in and was stored"), _("its body is no longer kept"), alert.opened_at)
    last = signals[0]
    return _station(
        "met", _("Came in and was stored"), became(last.disposition, last.reason), last.received_at
    )


def _opened(alert: Alert) -> Dict:
    words_ = _("%(alert)s on %(service)s") % {"alert": alert.public_id, "service": alert.service.name}
    return _station("met", words_, _("severity %(severity)s") % {"severity": alert.severity}, alert.opened_at)


def _decided(decision: Decision | None) -> Dict:
    if decision is None:
        return _station("todo", _("Waits to be evaluated"), _("a worker does this within a second"))
    holding = next((str(step["by"]) for step in decision.steps if step["holds"]), "")
    said = words.summary(decision.outcome, decision.urgency, holding)
    last = words.sentence(decision.steps[-1]) if decision.steps else ""
    return _station("met", said, last, decision.decided_at)


def _told(group: AlertGroup, actor: Actor, at: datetime) -> list[Dict]:
    """Who was paged about it and how that went; or until when nobody is."""
    pages = list(pages_about(actor, group.subject)[:_PAGES])
    found = [_paged(page) for page in reversed(pages)]
    escalation = latest(group.subject)
    if found or escalation is None:
        return found
    if is_held(escalation.state, escalation.due_at, escalation.held_until, at):
        until = [_("held until "), {"at": escalation.held_until, "style": "short"}]
        return [_station("todo", _("Nobody is paged yet"), until)]
    clock = next_steps([group.subject], actor, at).get(group.subject)
    second = [clock["label"], " ", {"at": clock["due_at"], "style": "clock"}] if clock else ""
    return [_station("todo", _("Nobody is paged yet"), second)]


def _paged(page: Page) -> Dict:
    sent = [f"{one.kind}: {STATES[DeliveryState(one.state)]}" for one in page.deliveries.all()]
    state = "met" if page.acknowledged_at else "todo"
    title = _("%(name)s is paged") % {"name": page.person.name}
    return _station(state, title, "; ".join(sent), page.started_at)
