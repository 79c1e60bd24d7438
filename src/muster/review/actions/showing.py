"""Action items as their table shows them (`review/action_table.html`), and the form that adds one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.action_items import ActionState
from muster.core.permissions import Actor, Right
from muster.core.standard import Standard
from muster.evaluate.models import Incident
from muster.foundation.access.queries import active_people
from muster.review.actions.models import ActionItem
from muster.review.actions.words import tag_word
from muster.review.showing import Dict, clock_dict, may, options, person_dict


def action_dicts(rows: Iterable[ActionItem], actor: Actor, *, with_incident: bool = False) -> list[Dict]:
    """Each item with its clock, and its button for whoever may press it."""
    return [_action_dict(row, actor, with_incident=with_incident) for row in rows]


def _action_dict(row: ActionItem, actor: Actor, *, with_incident: bool) -> Dict:
    shown: Dict = {
        "id": row.public_id,
        "url": f"/actions/{row.public_id}",
        "what": row.title,
        "kind": tag_word(row.tag),
        "owner": person_dict(row.owner, actor),
        "ticket": row.ticket,
        "ticket_url": row.ticket if row.ticket.startswith(("https://", "http://")) else "",
        "state": row.state,
        "clock": None,
    }
    if row.due_at is not None and row.state == ActionState.OPEN:
        shown["clock"] = clock_dict(_("Due"), row.due_at, row.created_at)
        if may(actor, Right.REVIEW, own=row.owner_id):
            back = "" if with_incident else "?next=postmortem"
            shown["done_url"] = f"/actions/{row.public_id}/done{back}"
    if with_incident:
        shown["incident"] = {
            "id": row.incident.public_id,
            "url": f"/incidents/{row.incident.public_id}/postmortem",
        }
    return shown


def limit_note(standard: Standard, incident: Incident) -> str:
    """By when the Standard wants them: `SEV1: within one sprint`."""
    sprints = standard.severity(incident.severity).action_items_within_sprints
    if sprints is None:
        return ""
    words = ngettext("%(severity)s: within one sprint", "%(severity)s: within %(n)s sprints", sprints)
    return words % {"severity": incident.severity, "n": sprints}


def fields(
    standard: Standard, given: Mapping[str, str], errors: Mapping[str, str], *, timezone: str
) -> dict[str, Dict]:
    """The fields of an action item's form, with what was given before and what is wrong with it."""
    people = [("", _("Choose somebody")), *((str(one.pk), one.name) for one in active_people())]
    tags = [(tag, tag_word(tag)) for tag in standard.actions.tags]
    return {
        "what": _field("what", _("What"), given, errors, required=True),
        "owner": _field("owner", _("Owner"), given, errors, kind="select")
        | {"options": options(people, given.get("owner", ""))},
        "due": _field("due", _("Due"), given, errors, kind="date")
        | {"hint": _("In %(zone)s. Empty: the latest day that the Standard allows.") % {"zone": timezone}},
        "kind": _field("kind", _("Kind"), given, errors, kind="select")
        | {"options": options(tags, given.get("kind", ""))},
        "ticket": _field("ticket", _("Ticket"), given, errors)
        | {"hint": _("Its number in your tracker, or its address.")},
    }


def _field(
    name: str,
    label: str,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    kind: str = "text",
    required: bool = False,
) -> Dict:
    return {
        "name": name,
        "label": label,
        "kind": kind,
        "value": given.get(name, ""),
        "error": errors.get(name, ""),
        "required": required,
    }


def due_word(due_at: datetime | None) -> object:
    """A day as a piece of a sentence."""
    return {"at": due_at, "style": "short"} if due_at is not None else _("no day set")
