"""Status pages as those who write them see them (R45)."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.refusal import Refused
from muster.core.status_page import (
    ComponentState,
    PageImpact,
    PageRefusal,
    PageState,
    Visibility,
    indicator,
    read_component_state,
)
from muster.foundation.access.requests import Request
from muster.respond.statuspage import commands
from muster.respond.statuspage.models import Component, PageIncident, StatusPage
from muster.respond.statuspage.queries import components_of, pages
from muster.respond.statuspage.words import COMPONENT_WORDS

_SHAPES = {
    ComponentState.OPERATIONAL: "operational",
    ComponentState.UNDER_MAINTENANCE: "maintenance",
    ComponentState.DEGRADED: "degraded",
    ComponentState.PARTIAL: "partial",
    ComponentState.MAJOR: "major",
}
_OF_INDICATOR = {
    "none": "operational",
    "maintenance": "maintenance",
    "minor": "degraded",
    "major": "partial",
    "critical": "major",
}


@require_safe
def listing(request: Request) -> HttpResponse:
    """Every page with its components, and whether its bytes are live."""
    actor = request.arrival.actor
    may = isinstance(decide(actor, Right.PUBLISH_STATUS), Granted)
    shown = [_page(row, actor, may) for row in pages(actor)]
    context = {
        "head": {"title": _("What customers read"), "actions": []},
        "pages": shown,
        "empty": {
            "title": _("There is no status page yet."),
            "fact": _("Describe one in the configuration file and run: muster apply -f FILE"),
        },
    }
    return render(request, "screens/statuspages.html", context)


@require_POST
def set_state(request: Request, slug: str, component_id: int) -> HttpResponse:
    """Say by hand how a component is."""
    found = Component.objects.visible_to(request.arrival.actor).filter(pk=component_id, page__handle=slug)
    if not found.exists():
        raise Refused(PageRefusal.COMPONENT_NOT_FOUND)
    state = read_component_state(request.POST.get("state", ""))
    commands.set_component_state(component_id, state, actor=request.arrival.actor, at=request.arrival.at)
    return HttpResponseRedirect("/status-pages")


def _page(row: StatusPage, actor: Actor, may: bool) -> dict[str, Any]:
    parts = components_of(row.pk)
    unresolved = PageIncident.objects.visible_to(actor).filter(page=row).exclude(state=PageState.RESOLVED)
    impacts = [PageImpact(one.impact) for one in unresolved]
    worst = indicator([ComponentState(part.state) for part in parts], impacts)
    return {
        "name": row.name,
        "url": f"/status/{row.handle}/",
        "visibility": row.visibility,
        "state": _OF_INDICATOR[worst],
        "second": _second(row),
        "publish_chip": _chip(row),
        "components": [_component(row, part, may) for part in parts],
        "edit_url": None,
    }


def _second(row: StatusPage) -> Any:
    if row.visibility == Visibility.PRIVATE:
        return _("private: not published outside")
    live_at = row.publication.live_at
    return [_("live since "), {"at": live_at, "style": "seconds"}] if live_at else _("not published yet")


def _chip(row: StatusPage) -> dict[str, Any] | None:
    publication = row.publication
    if publication.live >= publication.wanted:
        return {"text": _("live"), "kind": "well", "icon": "check"}
    if publication.reason:
        return {"text": _("not live: trying again"), "kind": "soon", "icon": "triangle-alert"}
    return {"text": _("being published"), "kind": "reason", "icon": "refresh-cw"}


def _component(page: StatusPage, part: Component, may: bool) -> dict[str, Any]:
    return {
        "name": f"{part.group}: {part.name}" if part.group else part.name,
        "state": _SHAPES[ComponentState(part.state)],
        "service": part.service.handle if part.service is not None else "",
        "url": f"/status-pages/{page.handle}/components/{part.pk}" if may else None,
        "choices": [
            {"value": state.value, "word": str(COMPONENT_WORDS[state]), "chosen": state == part.state}
            for state in ComponentState
        ],
    }
