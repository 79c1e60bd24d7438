"""The fields of an e-mail contact."""

from muster.core.ports.contact_form import ContactForm, Field, FieldKind
from muster.core.text import message_id as _

FORM = ContactForm(
    kind="email",
    name=_("E-mail"),
    icon="mail",
    fields=(Field("address", FieldKind.EMAIL, _("Address"), example="ana@example.com"),),
    address_field="address",
    read_by_person=True,
)
