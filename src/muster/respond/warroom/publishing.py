"""The form by which an incident is told to customers on a status page."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from muster.core.refusal import Refused
from muster.core.status_page import ComponentState, PageRefusal, read_component_state, read_state
from muster.evaluate.models import Incident
from muster.foundation.access.requests import Request
from muster.respond.statuspage.commands import Post, publish_on_page
from muster.respond.statuspage.models import Component
from muster.respond.statuspage.queries import components_of, faces_of, page_of, pages
from muster.respond.statuspage.words import COMPONENT_WORDS, STATE_WORDS
from muster.respond.warroom.asking import Ask, form_view, select_field, text_field
from muster.respond.warroom.showing import Dict, options


def _fields(request: Request, incident: Incident) -> list[Dict]:
    actor = request.arrival.actor
    faces = faces_of(actor, incident.pk, open_only=True)
    face = faces[0] if faces else None
    shown = list(pages(actor))
    chosen = face.page.handle if face is not None else ""
    state = face.state if face is not None else "investigating"
    fields = [
        select_field("page", _("Status page"), options([(row.handle, row.name) for row in shown], chosen)),
        text_field("title", _("Title, in words a customer would use"), value=face.title if face else ""),
        select_field("state", _("State"), options([(str(k), str(w)) for k, w in STATE_WORDS.items()], state)),
        text_field("text", _("What customers read"), rows=5, required=True),
    ]
    words = [("", _("as it is")), *((str(key), str(word)) for key, word in COMPONENT_WORDS.items())]
    return fields + [
        select_field(f"component-{part.pk}", f"{row.name}: {part.name}", options(words, _now(part, incident)))
        for row in shown
        for part in components_of(row.pk)
    ]


def _now(part: Component, incident: Incident) -> str:
    """A component of an affected service that is still shown as well is offered as degraded."""
    is_hit = part.service_id in incident.services and part.state == ComponentState.OPERATIONAL
    return ComponentState.DEGRADED.value if is_hit else ""


def _publish(request: Request, incident: Incident) -> str:
    arrival, posted = request.arrival, request.POST
    page = page_of(arrival.actor, posted.get("page", ""))
    wanted = {}
    for part in components_of(page.pk):
        word = posted.get(f"component-{part.pk}", "")
        if word:
            wanted[part.pk] = read_component_state(word)
    post = Post(
        body=posted.get("text", ""),
        state=read_state(posted.get("state", "investigating")),
        components=wanted,
        title=posted.get("title", ""),
    )
    if page.retired_at is not None:
        raise Refused(PageRefusal.RETIRED)
    publish_on_page(page.pk, post, actor=arrival.actor, at=arrival.at, incident_id=incident.pk)
    return _("On its way to %(page)s; it is live once its bytes are confirmed.") % {"page": page.name}


publish = form_view(Ask(lazy("Tell customers"), lazy("Publish"), _fields, _publish))
