"""The fields of a web push contact: a browser fills them when somebody lets it show notifications."""

from muster.adapters.contacts.webpush.vapid import public_key
from muster.core.ports.contact_form import ContactForm, Field, FieldKind
from muster.core.text import message_id as _

FORM = ContactForm(
    kind="webpush",
    name=_("Push to this browser"),
    icon="bell-ring",
    fields=(
        Field("device", FieldKind.TEXT, _("Name of this device"), limit_chars=80, example="Work phone"),
        Field("endpoint", FieldKind.URL, _("Push service"), limit_chars=2048),
        Field("p256dh", FieldKind.TEXT, _("Key"), limit_chars=88, pattern=r"[-_A-Za-z0-9]{87}=?"),
        Field("auth", FieldKind.SECRET, _("Secret"), limit_chars=24, pattern=r"[-_A-Za-z0-9]{22}(==)?"),
    ),
    address_field="device",
    read_by_person=True,
    subscribes_with=public_key,
    notes=(
        _("Goes to the browser you are using now, also while Muster is closed, with buttons to answer."),
        _(
            "On an iPhone or iPad only after Add to Home Screen, from the icon that this makes. There are no "
            "buttons there: tap the notification and acknowledge on the page."
        ),
        _("It does not pierce silence by itself: let it ring in your device's settings for notifications."),
    ),
)
