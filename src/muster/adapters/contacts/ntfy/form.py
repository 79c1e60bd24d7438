"""The fields of an ntfy contact."""

from muster.core.ports.contact_form import ContactForm, Field, FieldKind
from muster.core.text import message_id as _

FORM = ContactForm(
    kind="ntfy",
    name=_("Push (ntfy)"),
    icon="smartphone",
    fields=(
        Field("server", FieldKind.URL, _("Server"), limit_chars=2048, example="https://ntfy.example.com"),
        Field("topic", FieldKind.TEXT, _("Topic"), limit_chars=64, pattern=r"[-_A-Za-z0-9]{1,64}"),
        Field("token", FieldKind.SECRET, _("Access token"), required=False, limit_chars=128),
    ),
    address_field="topic",
    read_by_person=True,
    notes=(
        _("Whoever knows the topic can read your pages: choose one that nobody guesses, or use a token."),
        _("Urgent pages are sent with the highest priority, which pierces silence where the app may."),
    ),
)
