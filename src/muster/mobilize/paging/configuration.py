"""`webhooks:` of the configuration file: machines that a step of a policy tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from muster.core.refusal import Refused
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.sections import kept
from muster.mobilize.paging import commands
from muster.mobilize.paging.models import Webhook
from muster.mobilize.paging.reasons import Paging

_SEALED = ("url", "secret")


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """A webhook. Without a `secret` one is made and shown once; both are exported as marks (I23)."""

    handle: str
    name: str | None = None
    url: str | None = None
    secret: str | None = None


class WebhooksSection(Section[WebhookForm]):
    """Machines that hear of an alert when a step of its policy tells them."""

    name = "webhooks"
    form = WebhookForm

    def check(self, wanted: WebhookForm, names: Names) -> Iterable[Wrong]:
        """An address is needed; whether it may be asked, the command says."""
        if wanted.url == "":
            yield Wrong("url", _("a webhook has an address"))

    def current(self) -> Mapping[str, Current[WebhookForm]]:
        """All webhooks."""
        rows = Webhook.objects.order_by("handle")
        return {
            row.handle: Current(_form(row), row.made_by, row.retired_at is not None, tuple(row.aliases))
            for row in rows
        }

    def merge(self, current: WebhookForm, wanted: WebhookForm) -> WebhookForm:
        """What is stored already is told by its mark."""
        merged = super().merge(current, wanted)
        same = {
            key: getattr(current, key)
            for key in _SEALED
            if getattr(merged, key) and kept.mark(getattr(merged, key)) == getattr(current, key)
        }
        return replace(merged, **same)

    def create(self, wanted: WebhookForm, applying: Applying) -> None:
        """Add the webhook; a secret that was made for it is shown once."""
        given = _written(wanted, frozenset(_SEALED))
        row = commands.add_webhook(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            url=given.get("url", ""),
            secret=given.get("secret", ""),
            made_by="apply",
        )
        if not wanted.secret:
            applying.show(self.name, handle=row.handle, secret=row.target["secret"])

    def change(self, handle: str, merged: WebhookForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes: dict[str, Any] = {"name": merged.name} if "name" in fields else {}
        changes |= _written(merged, fields)
        commands.change_webhook(by_handle(Webhook, handle).pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the webhook."""
        retire(Webhook, by_handle(Webhook, handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the webhook back."""
        restore(Webhook, by_handle(Webhook, handle).pk, actor=applying.actor, at=applying.at)


def _form(row: Webhook) -> WebhookForm:
    marks = {key: kept.mark(str(row.target[key])) for key in _SEALED}
    return WebhookForm(row.handle, row.name, **marks)


def _written(form: WebhookForm, fields: frozenset[str]) -> dict[str, str]:
    """The sealed values among these fields. Raises `Refused` for a mark of what is not stored here."""
    given = {key: getattr(form, key) for key in _SEALED if key in fields and getattr(form, key)}
    for key, value in given.items():
        if kept.is_mark(value):
            words = _("%(field)s is the mark of a secret that is not stored here: write the secret")
            raise Refused(Paging.WEBHOOK_INVALID, {"problems": words % {"field": key}})
    return given
