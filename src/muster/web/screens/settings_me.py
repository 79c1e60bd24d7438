"""How I am reached, and my API tokens."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.plain_form import FormFault
from muster.core.policy_form import read_contact_rules
from muster.core.ports.contact_form import ContactForm, FieldKind
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration
from muster.foundation.access import commands, contact_kinds
from muster.foundation.access.models import ApiToken, Contact, Person
from muster.foundation.access.queries import contacts_of
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.foundation.access.words import field_problem

_KINDS = {
    FieldKind.EMAIL: "email",
    FieldKind.URL: "url",
    FieldKind.SECRET: "password",
    FieldKind.YES_NO: "select",
}
_YES_OR_NO = [{"value": "", "word": gettext_lazy("No")}, {"value": "yes", "word": gettext_lazy("Yes")}]


@require_http_methods(["GET", "HEAD"])
def me(request: Request) -> HttpResponse:
    """My contact methods, my rules in a sentence, my tokens."""
    return _shown(request)


def _shown(
    request: Request,
    *,
    secret: dict[str, str] | None = None,
    said: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    person = Person.objects.get(pk=request.arrival.actor.id or 0)
    contacts = contacts_of([person.pk])[person.pk]
    tokens = (
        ApiToken.objects.visible_to(request.arrival.actor)
        .filter(person=person, revoked_at__isnull=True)
        .order_by("-id")
    )
    context = {
        "head": {
            "title": _title(contacts),
            "second": person.email or person.handle,
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("You")}],
            "actions": [{"label": _("Your page"), "url": f"/people/{person.handle}", "method": "get"}],
        },
        "banners": [],
        "facts": [],
        "sections": [
            *([_once(secret)] if secret else []),
            {"title": _("Ways to reach you"), **_rows_or([_contact(row) for row in contacts])},
            {"title": _("When you are paged"), "text": " ".join(sentences(person.rules))},
            {"title": _("API tokens"), **_rows_or([_token(row) for row in tokens])},
        ],
        "aside": [{"title": _("Signing in"), "rows": _signing_in()}],
        "forms": [*[_form(form, said, wrong) for form in contact_kinds.known()], _token_form()],
        "entries": None,
    }
    return render(request, "settings/detail.html", context, status=422 if wrong else 200)


def _title(contacts: list[Contact]) -> str:
    if any(row.verified_at is not None for row in contacts):
        return _("You can be reached.")
    return _("You can not be reached yet.")


def _rows_or(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rows": rows} if rows else {"text": _("None yet.")}


def _once(secret: dict[str, str]) -> dict[str, Any]:
    return {"title": secret["word"], "second": _("shown this once"), "code": secret["value"]}


def _contact(row: Contact) -> dict[str, Any]:
    form = contact_kinds.form_of(row.kind)
    address = str(row.target.get(form.address_field, "")) if form is not None else ""
    actions = []
    if row.verified_at is None:
        actions.append({"label": _("It is right, use it"), "url": f"/settings/me/contacts/{row.pk}/use"})
    actions.append({"label": _("Remove"), "url": f"/settings/me/contacts/{row.pk}/remove"})
    proved = _("proved") if row.verified_at is not None else _("not proved: no page goes there yet")
    return {
        "title": address or row.name,
        "second": f"{row.name}, {proved}",
        "glyph": {"icon": form.icon if form is not None else "send"},
        "actions": [action | {"small": True} for action in actions],
    }


def sentences(rules: Any) -> list[str]:
    """A person's contact rules as sentences, one for each urgency."""
    try:
        read = read_contact_rules(rules)
    except FormFault:
        read = {}
    leads = {Urgency.HIGH: _("When it is urgent:"), Urgency.LOW: _("When it can wait:")}
    told = []
    for urgency, lead in leads.items():
        steps = [
            _step(rule.use, format_duration(rule.after), bool(rule.after)) for rule in read.get(urgency, ())
        ]
        told.append(f"{lead} {', '.join(steps) or _('every proved way at once')}.")
    return told


def _step(use: str, after: str, later: bool) -> str:
    return (
        _("%(use)s after %(after)s") % {"use": use, "after": after}
        if later
        else _("%(use)s at once") % {"use": use}
    )


def _token(row: ApiToken) -> dict[str, Any]:
    used: list[Any] = (
        [_(", used "), {"at": row.last_used_at, "style": "relative"}]
        if row.last_used_at
        else [_(", never used")]
    )
    return {
        "title": row.name,
        "second": [_("made "), {"at": row.created_at, "style": "short"}, *used],
        "glyph": {"icon": "key"},
        "actions": [
            {"label": _("Revoke"), "url": f"/settings/me/tokens/{row.pk}/revoke", "small": True},
        ],
    }


def _signing_in() -> list[dict[str, Any]]:
    return [
        {"title": _("Two-step sign-in"), "url": "/sign-in/2fa/", "glyph": {"icon": "shield-check"}},
        {
            "title": _("Change your password"),
            "url": "/sign-in/password/change/",
            "glyph": {"icon": "key-round"},
        },
        {"title": _("Sign out"), "url": "/sign-in/logout/", "glyph": {"icon": "log-out"}},
    ]


def _form(form: ContactForm, said: dict[str, str] | None, wrong: dict[str, str] | None) -> dict[str, Any]:
    mine = said is not None and said.get("kind") == form.kind
    fields = [
        {
            "name": f"{form.kind}-{field.name}",
            "label": _(field.label),
            "kind": _KINDS.get(field.kind, "text"),
            "required": field.required,
            "placeholder": field.example,
            "value": (said or {}).get(field.name, "") if mine else "",
            "error": (wrong or {}).get(field.name) if mine else None,
            "options": _YES_OR_NO,
            "hint": None if field.required else _("May be left empty."),
        }
        for field in form.fields
    ]
    return {
        "title": _("Add: %(kind)s") % {"kind": _(form.name)},
        "url": f"/settings/me/contacts/add/{form.kind}",
        "notes": [_(note) for note in form.notes],
        "form": fields,
        "label": _("Add it"),
    }


def _token_form() -> dict[str, Any]:
    return {
        "title": _("Make an API token"),
        "url": "/settings/me/tokens",
        "form": [{"name": "name", "label": _("What it is for"), "required": True}],
        "label": _("Make it"),
    }


@require_POST
def add_contact(request: Request, kind: str) -> HttpResponse:
    """Add a way to reach me.

    Raises:
        Refused: this version lacks the kind.
    """
    form = contact_kinds.form_of(kind)
    if form is None:
        raise Refused(NotFound.CONTACT)
    names = [field.name for field in form.fields]
    said = {name: request.POST.get(f"{kind}-{name}", "").strip() for name in names}
    values = contact_kinds.typed(form, {name: text for name, text in said.items() if text})
    labels = {field.name: _(field.label) for field in form.fields}
    wrong = {name: field_problem(problem, labels[name]) for name, problem in form.problems(values)}
    if wrong:
        return _shown(request, said=said | {"kind": kind}, wrong=wrong)
    arrival = request.arrival
    person_id = arrival.actor.id or 0
    taken = {row.name for row in contacts_of([person_id])[person_id]}
    name = next(name for n in range(1, 100) if (name := kind if n == 1 else f"{kind}-{n}") not in taken)
    commands.put_contact(
        person_id,
        actor=arrival.actor,
        at=arrival.at,
        kind=kind,
        target=values,
        name=name,
        position=len(taken),
    )
    messages.success(request, _("Added. No page goes there before you say that it is right."))
    return HttpResponseRedirect("/settings/me")


@require_POST
def act_on_contact(request: Request, contact_id: int, verb: str) -> HttpResponse:
    """Use a way to reach me, or remove it.

    Raises:
        Refused: it is not mine.
    """
    arrival = request.arrival
    mine = Contact.objects.visible_to(arrival.actor).filter(person_id=arrival.actor.id or 0)
    if not mine.filter(pk=contact_id, retired_at__isnull=True).exists():
        raise Refused(NotFound.CONTACT)
    if verb == "use":
        commands.verify_contact(contact_id, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Pages go there from now on."))
    else:
        commands.retire_contact(contact_id, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Removed."))
    return HttpResponseRedirect("/settings/me")


@require_POST
def add_token(request: Request) -> HttpResponse:
    """Make a token of mine and show it this once."""
    arrival = request.arrival
    name = request.POST.get("name", "").strip()[:100] or "api"
    token = commands.create_token(arrival.actor.id or 0, actor=arrival.actor, at=arrival.at, name=name)
    return _shown(request, secret={"word": _("Your new token"), "value": token})


@require_POST
def revoke_token(request: Request, token_id: int) -> HttpResponse:
    """Revoke a token of mine at once.

    Raises:
        Refused: it is not mine, and I am no admin.
    """
    arrival = request.arrival
    commands.revoke_token(token_id, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Revoked."))
    return HttpResponseRedirect("/settings/me")
