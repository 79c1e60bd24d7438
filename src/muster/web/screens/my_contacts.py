"""My ways of being reached: each kind by its own form, proved by a code, tested by a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from muster.core.delivery import DeliveryState
from muster.core.permissions import Actor
from muster.core.ports.contact_form import ContactForm, FieldKind
from muster.foundation.access import contact_kinds
from muster.foundation.access.models import Contact
from muster.foundation.timeline.beats import worker_is_seen
from muster.mobilize.paging.words import STATES
from muster.mobilize.paging.words import said as reason_said
from muster.mobilize.reach.models import Proof, TestPage
from muster.mobilize.reach.queries import Readiness, open_proof, test_pages
from muster.mobilize.reach.words import said, test_note

_KINDS = {
    FieldKind.EMAIL: "email",
    FieldKind.URL: "url",
    FieldKind.SECRET: "password",
    FieldKind.YES_NO: "select",
}
_YES_OR_NO = [{"value": "", "word": gettext_lazy("No")}, {"value": "yes", "word": gettext_lazy("Yes")}]
_TESTS_SHOWN = 6

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A form that was not taken: whose it is (`email`, or `code-7`), what was said, what is wrong with it."""

    form: str
    wrong: Mapping[str, str]
    said: Mapping[str, str] = field(default_factory=dict)


def address_of(row: Contact) -> str:
    """What tells this contact from others, as its form says."""
    form = contact_kinds.form_of(row.kind)
    return str(row.target.get(form.address_field, "")) if form is not None else ""


def contact_rows(contacts: Sequence[Contact]) -> list[Dict]:
    """My contacts, each with what can be done to it now."""
    return [_contact(row) for row in contacts]


def _contact(row: Contact) -> Dict:
    form = contact_kinds.form_of(row.kind)
    at = f"/settings/me/contacts/{row.pk}"
    if row.stopped:
        state, actions = _("ended: its provider no longer knows it. Add it again."), []
    elif row.verified_at is None:
        state = _("not proved: no page goes there yet")
        actions = [{"label": _("Send me a code"), "url": f"{at}/code", "style": "edge"}]
    else:
        state, actions = _("proved"), [{"label": _("Test it"), "url": f"{at}/test"}]
    actions.append({"label": _("Remove"), "url": f"{at}/remove"})
    return {
        "title": address_of(row) or row.name,
        "second": f"{row.name}, {state}",
        "glyph": {"icon": form.icon if form is not None else "send"},
        "actions": [action | {"small": True} for action in actions],
    }


def test_actions(contacts: Sequence[Contact]) -> list[Dict]:
    """One button that tests everything, where there is something to test."""
    if not any(row.verified_at is not None for row in contacts):
        return []
    return [{"label": _("Send me a test page"), "url": "/settings/me/test", "icon": "bell-ring"}]


def lacks_of(readiness: Readiness) -> list[Dict]:
    """What is lacking before I can be reached well: the worst thing first, the rest after it."""
    if not readiness.findings:
        return []
    first, *rest = (f"{line[0].upper()}{line[1:]}." for line in map(said, readiness.findings))
    kind = "soon" if readiness.reachable else "now"
    return [{"bold": first, "text": " ".join(rest), "kind": kind}]


def tests_of(person_id: int, actor: Actor, at: datetime) -> list[Dict]:
    """My last test pages and what became of them; nothing when there were none."""
    rows = list(test_pages(actor).filter(contact__person_id=person_id)[:_TESTS_SHOWN])
    if not rows:
        return []
    alive = worker_is_seen()
    return [{"title": _("Test pages"), "rows": [_test(row, alive) for row in rows]}]


def _test(row: TestPage, alive: bool) -> Dict:
    state, actions = DeliveryState(row.delivery.state), []
    note = test_note(state, row.delivery.reason, worker=alive)
    if row.page.acknowledged_at is not None:
        glyph, words = "met", [_("it reached you "), {"at": row.page.acknowledged_at, "style": "relative"}]
    elif state is DeliveryState.FAILED:
        glyph, words = "major", [f"{STATES[state]}: {note}"]
    elif state in (DeliveryState.ACCEPTED, DeliveryState.DELIVERED):
        glyph, words = "todo", [_("accepted by the provider. Say on the page that it reached you.")]
        actions = [
            {"label": _("It reached me"), "url": f"/pages/{row.page.public_id}/acknowledge", "small": True}
        ]
    elif note:
        glyph, words = "degraded", [note]
    else:
        glyph, words = "todo", [str(STATES[state])]
    return {
        "title": row.contact.name,
        "url": f"/pages/{row.page.public_id}",
        "second": [{"at": row.asked_at, "style": "short"}, ", ", *words],
        "glyph": {"state": glyph},
        "actions": actions,
    }


def code_forms(contacts: Sequence[Contact], refused: Refusal | None) -> list[Dict]:
    """A form for each contact to which a code was sent: it is what comes next, so it stands first."""
    forms = []
    for row in contacts:
        proof = open_proof(row.pk) if row.verified_at is None and not row.stopped else None
        if proof is not None:
            forms.append(_code_form(row, proof, refused))
    return forms


def _code_form(row: Contact, proof: Proof, refused: Refusal | None) -> Dict:
    mine = refused is not None and refused.form == f"code-{row.pk}"
    wrong = refused.wrong.get("code") if refused is not None and mine else None
    box = {
        "name": "code",
        "label": _("Six digits"),
        "required": True,
        "autocomplete": "one-time-code",
        "error": wrong,
    }
    return {
        "title": _("Type the code: %(contact)s") % {"contact": address_of(row) or row.name},
        "url": f"/settings/me/contacts/{row.pk}/prove",
        "notes": [_progress(proof)],
        "form": [box],
        "label": _("Prove it"),
    }


def _progress(proof: Proof) -> str:
    state = DeliveryState(proof.state)
    if state in (DeliveryState.FAILED, DeliveryState.CANCELLED):
        return _("The code could not be sent: %(why)s.") % {"why": reason_said(proof.reason)}
    if state is DeliveryState.ACCEPTED:
        return _("The code was sent. It lasts 15 minutes.")
    return _("The code is on its way.") if worker_is_seen() else _("Not sent yet: no worker is running.")


def contact_forms(refused: Refusal | None) -> list[Dict]:
    """A form for each kind of contact, drawn from what the kind says of itself."""
    return [_form(form, refused) for form in contact_kinds.known()]


def _form(form: ContactForm, refused: Refusal | None) -> Dict:
    drawn = _drawn(form, refused)
    if form.subscribes_with is None:
        return drawn
    # The browser fills all but the address: one button instead of fields that nobody could type.
    own: list[Dict] = []
    filled: list[Dict] = []
    for box in drawn["form"]:
        (own if box["name"] == f"{form.kind}-{form.address_field}" else filled).append(box)
    return drawn | {
        "form": own,
        "hidden": [box["name"] for box in filled],
        "subscribes_with": form.subscribes_with(settings.SECRET_KEY),
        "label": _("Let this browser be reached"),
    }


def _drawn(form: ContactForm, refused: Refusal | None) -> Dict:
    mine = refused if refused is not None and refused.form == form.kind else None
    boxes = [
        {
            "name": f"{form.kind}-{one.name}",
            "label": _(one.label),
            "kind": _KINDS.get(one.kind, "text"),
            "required": one.required,
            "placeholder": one.example,
            "value": mine.said.get(one.name, "") if mine else "",
            "error": mine.wrong.get(one.name) if mine else None,
            "options": _YES_OR_NO,
            "hint": None if one.required else _("May be left empty."),
        }
        for one in form.fields
    ]
    return {
        "title": _("Add: %(kind)s") % {"kind": _(form.name)},
        "url": f"/settings/me/contacts/add/{form.kind}",
        "notes": [_(note) for note in form.notes],
        "form": boxes,
        "label": _("Add it"),
        "open": mine is not None,
    }
