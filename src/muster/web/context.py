"""What every page needs: the shell's context (see the top of `templates/base.html`)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from muster.core.permissions import Actor, Right, Role
from muster.detect.queries import open_alerts
from muster.evaluate.queries import incidents, waiting_groups
from muster.foundation.access.models import Organisation, Person
from muster.mobilize.oncall import queries as oncall
from muster.web.screens.health import alarm
from muster.web.screens.parts import may, shift_end

_PLACES = (
    ("/alerts", "alerts"),
    ("/incidents", "incidents"),
    ("/oncall", "oncall"),
    ("/my-oncall", "oncall"),
    ("/schedules", "oncall"),
    ("/services", "services"),
    ("/status-pages", "statuspages"),
    ("/postmortems", "postmortems"),
    ("/actions", "actions"),
    ("/reports", "reports"),
    ("/settings", "settings"),
    ("/policies", "settings"),
    ("/people", "settings"),
    ("/readiness", "settings"),
    ("/deliveries", "settings"),
    ("/health", "settings"),
    ("/heartbeats", "settings"),
    ("/more", "more"),
    ("/search", "search"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The navigation with its counts, for somebody who has signed in; little for everybody else."""
    theme = request.COOKIES.get("theme", "")
    bare = {"theme": theme if theme in {"light", "dark"} else ""}
    arrival = getattr(request, "arrival", None)
    if arrival is None:
        return {"shell": bare}
    actor = arrival.actor
    person = Person.objects.get(pk=actor.id)
    organisation = Organisation.objects.filter(pk=1).values_list("name", flat=True).first() or "Muster"
    waiting = waiting_groups(actor).count()
    return {
        "live": getattr(request, "live", ""),
        "redrawn": "X-Live" in request.headers,
        "shell": bare
        | {
            "at": arrival.at,
            "organisation": organisation,
            "person": {
                "name": person.name,
                "id": str(person.pk),
                "handle": person.handle,
                "url": "/settings/me",
            },
            "active": next((name for path, name in _PLACES if request.path.startswith(path)), "now"),
            "counts": {
                "now": waiting,
                "alerts": open_alerts(actor).filter(state="triggered", suppressed_by__isnull=True).count(),
                "incidents": incidents(actor, open_only=True).count(),
            },
            "oncall": _my_state(actor, arrival.at),
            "may_declare": may(actor, Right.DECLARE),
            "auditor": actor.role is Role.AUDITOR,
            "alarm": alarm() if request.path != "/health" else None,
        },
    }


def _my_state(actor: Actor, at: datetime) -> dict[str, Any] | None:
    """Whether I am on call now, by the schedules of my teams; None for people without a team."""
    mine = list(oncall.schedules(actor).filter(team_id__in=actor.teams))
    shifts = [(schedule, oncall.shift_at(schedule.pk, at)) for schedule in mine]
    now = [(schedule, shift) for schedule, shift in shifts if actor.id in shift.people]
    if not mine:
        return None
    if not now:
        return {"title": _("You are not on call"), "lines": [], "url": "/oncall", "off": True}
    schedule, shift = now[0]
    until = shift_end(shift.end, at, "short")
    return {
        "title": _("You are on call"),
        "lines": [schedule.name, until],
        "url": f"/oncall/{schedule.handle}",
    }
