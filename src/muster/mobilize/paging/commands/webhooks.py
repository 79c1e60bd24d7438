"""The only writers of webhooks: machines that a step of a policy tells."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.foundation.access import contact_kinds
from muster.foundation.access.words import field_problem
from muster.foundation.catalog import checks, handles
from muster.foundation.catalog.commands import rows
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.paging.models import Webhook
from muster.mobilize.paging.reasons import Paging

_KIND = "webhook"
_COLUMNS = frozenset({"name", "url", "secret", "made_by"})
_SECRET_BYTES = 32


@command
def add_webhook(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    url: str,
    secret: str = "",
    made_by: str = "hand",
) -> Webhook:
    """Make a webhook; without a `secret` one is made, with which the receiver verifies what we tell it.

    Raises:
        Refused: not an admin, a handle that is taken, or no address that may be asked.
    """
    require(actor, Right.CONFIGURE)
    handles.claim(Webhook.subject_kind, handle)
    columns = {
        "handle": handle,
        "name": checks.name(name),
        "target": _checked({"url": url, "secret": secret or _new_secret()}),
        "made_by": made_by,
    }
    facts = {"handle": handle, "name": name}
    return record(Webhook(), Change("webhook.added", columns, facts), actor=actor, at=at)


@command
def change_webhook(webhook_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Webhook:
    """Change name, `url` or `secret`; the timeline says that an address changed, and not to what (I23).

    Raises:
        Refused: not an admin, or no address that may be asked.
    """
    require(actor, Right.CONFIGURE)
    row = lock(Webhook, webhook_id)
    rows.only(changes, _COLUMNS)
    columns: dict[str, Any] = {key: changes[key] for key in ("name", "made_by") if key in changes}
    if "name" in columns:
        checks.name(columns["name"])
    target = row.target | {key: changes[key] for key in ("url", "secret") if changes.get(key)}
    new = {key: value for key, value in columns.items() if getattr(row, key) != value}
    facts: dict[str, Any] = {key: {"before": getattr(row, key), "after": new[key]} for key in new}
    if target != row.target:
        facts["changed"] = sorted(key for key in target if target[key] != row.target.get(key))
        new["target"] = _checked(target)
    if not new:
        return row
    return record(row, Change("webhook.changed", new, facts), actor=actor, at=at)


@command
def rotate_secret(webhook_id: int, *, actor: Actor, at: datetime) -> str:
    """Make a new secret and return it, this once; what is told from then on is signed with it.

    Raises:
        Refused: not an admin.
    """
    secret = _new_secret()
    change_webhook(webhook_id, {"secret": secret}, actor=actor, at=at)
    return secret


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _checked(target: dict[str, Any]) -> dict[str, Any]:
    """The values as the channel's own form wants them."""
    form = contact_kinds.form_of(_KIND)
    if form is None:
        raise Refused(Paging.WEBHOOK_INVALID, {"problems": _KIND})
    wrong = "; ".join(field_problem(problem, field) for field, problem in form.problems(target))
    if wrong:
        raise Refused(Paging.WEBHOOK_INVALID, {"problems": wrong})
    return target
