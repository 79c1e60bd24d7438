"""Small forms of an incident (`respond/form.html`): drawn, sent, and drawn again with what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods

from muster.core.refusal import Refused
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.respond.warroom.showing import Dict, url_of

Word = str | Promise
Fields = Callable[[Request, Incident], Sequence[Dict]]
Submit = Callable[[Request, Incident], str]


@dataclass(frozen=True, slots=True)
class Ask:
    """One form: what it asks, and what sending it does. `submit` answers what was done, in words, or ""."""

    title: Word
    button: Word
    fields: Fields
    submit: Submit
    second: Callable[[Request, Incident], Any] | None = None
    after: Sequence[Word] = ()
    back: Callable[[Incident], str] = field(default=url_of)


def form_view(ask: Ask) -> Callable[..., HttpResponse]:
    """The view of a form. A refusal keeps what was typed and says above it what to change."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: Request, incident_id: str) -> HttpResponse:
        incident = incident_of(request.arrival.actor, incident_id)
        if request.method != "POST":
            return _draw(request, incident, ask)
        try:
            said = ask.submit(request, incident)
        except Refused as refused:
            words = told(refused)
            banner = {"bold": words.sentence, "kind": "now"}
            return _draw(request, incident, ask, banner=banner, status=words.status)
        if said:
            messages.success(request, said)
        return HttpResponseRedirect(ask.back(incident))

    return view


def _draw(
    request: Request, incident: Incident, ask: Ask, *, banner: Dict | None = None, status: int = 200
) -> HttpResponse:
    fields = [typed(one, request.POST) for one in ask.fields(request, incident)]
    context = {
        "trail": [{"word": incident.public_id, "url": url_of(incident)}],
        "title": ask.title,
        "second": ask.second(request, incident) if ask.second is not None else incident.title,
        "banner": banner,
        "url": request.path,
        "form": fields,
        "tiles": None,
        "button": {"label": ask.button, "style": "filled"},
        "cancel_url": ask.back(incident),
        "after": ask.after,
    }
    return render(request, "respond/form.html", context, status=status)


def typed(one: Dict, posted: Mapping[str, Any]) -> Dict:
    """A field with what somebody had typed; a secret is never sent back."""
    if one["name"] not in posted or one.get("kind") == "password":
        return one
    value = posted[one["name"]]
    if "options" in one:
        return one | {"options": [part | {"chosen": part["value"] == value} for part in one["options"]]}
    return one | {"value": value}


def text_field(name: str, label: Word, *, rows: int = 0, **more: Any) -> Dict:
    """A line, or with `rows` a larger field."""
    return {"name": name, "label": label, "kind": "textarea" if rows else "text", "rows": rows or 5, **more}


def select_field(name: str, label: Word, options: Sequence[Dict], **more: Any) -> Dict:
    """A choice."""
    return {"name": name, "label": label, "kind": "select", "options": list(options), **more}


def person_options(*, besides: int | None = None) -> list[Dict]:
    """Everybody with access, by name; the value is the handle."""
    return [{"value": one.handle, "word": _known_as(one)} for one in active_people() if one.pk != besides]


def _known_as(person: Person) -> str:
    return f"{person.name} ({person.handle})"
