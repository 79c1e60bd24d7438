"""The fields of a webhook contact."""

from muster.core.ports.contact_form import ContactForm, Field, FieldKind
from muster.core.text import message_id as _

FORM = ContactForm(
    kind="webhook",
    name=_("Webhook"),
    icon="webhook",
    fields=(
        Field("url", FieldKind.URL, _("Address"), limit_chars=2048, example="https://example.com/pages"),
        Field("secret", FieldKind.SECRET, _("Signing secret"), required=False, limit_chars=128),
        Field("bundle", FieldKind.YES_NO, _("Bundle pages into one a minute"), required=False),
    ),
    address_field="url",
    read_by_person=False,
)
