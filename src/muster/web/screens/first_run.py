"""The first run: what an admin does before the first alert can wake somebody."""

from typing import Any

from django.utils.translation import gettext as _

from muster.core.permissions import Actor, Role
from muster.detect.commands import META_SERVICE
from muster.detect.queries import integrations
from muster.foundation.access.models import Contact
from muster.foundation.catalog.models import Service
from muster.mobilize.escalation.queries import policies

EXAMPLE = """\
version: 1
people:
  - {handle: ana, name: Ana Torres, role: responder, email: ana@example.com}
teams:
  - {handle: payments, name: Payments, members: [ana], manager: ana}
schedules:
  - handle: payments-primary
    name: Payments primary
    team: payments
    timezone: Europe/Madrid
    layers: [{every: 1 week, start: "2026-01-05T09:00", people: [ana]}]
policies:
  - handle: payments
    name: Payments
    team: payments
    steps:
      - {after: 0s, notify: [schedule:payments-primary]}
      - {after: 15m, notify: [manager:payments]}
services:
  - {handle: checkout, name: Checkout, team: payments, policy: payments}
"""


def is_first_run(actor: Actor) -> bool:
    """Whether an admin sees the first steps instead of home: no service but our own yet."""
    if actor.role is not Role.ADMIN:
        return False
    return not Service.objects.visible_to(actor).exclude(handle=META_SERVICE).exists()


def first_steps(actor: Actor) -> dict[str, Any]:
    """The context of `screens/first_run.html`."""
    mine = Contact.objects.visible_to(actor).filter(person_id=actor.id or 0, retired_at__isnull=True)
    reached = mine.filter(verified_at__isnull=False).exists()
    senders = integrations(actor)
    heard = senders.filter(last_seen_at__isnull=False).exists()
    done = [reached, policies(actor).exists(), senders.exists(), heard]
    current = done.index(False) if False in done else len(done)
    steps = _steps()
    for number, step in enumerate(steps):
        step["state"] = "done" if done[number] else "current" if number == current else "todo"
    return {
        "head": {
            "title": _("Muster is running. Make it wake you once."),
            "second": _("Four steps; the last is a page that reaches you."),
        },
        "steps": steps,
        "actions": [],
        "skip_url": None,
        "health": None,
    }


def _steps() -> list[dict[str, Any]]:
    return [
        {
            "title": _("Say how you are reached"),
            "second": _("An e-mail address or a webhook."),
            "action": {"label": _("Add it"), "url": "/settings/me", "method": "get", "style": "filled"},
        },
        {
            "title": _("Say who is on call for what"),
            "second": _("Write it in a file, company.yaml, and run: muster apply company.yaml"),
            "code": EXAMPLE,
        },
        {
            "title": _("Connect a sender"),
            "second": _("Alertmanager, or anything that can post JSON."),
            "action": {
                "label": _("Connect one"),
                "url": "/settings/integrations",
                "method": "get",
                "style": "filled",
            },
        },
        {"title": _("Send a first alert"), "second": _("It pages whoever is on call. Acknowledge it.")},
    ]
