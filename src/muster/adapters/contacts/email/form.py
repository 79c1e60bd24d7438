"""The fields of an e-mail contact."""

from django.utils.translation import gettext_noop as _

from muster.core.ports.contact_form import ContactForm, Field, FieldKind

FORM = ContactForm(
    kind="email",
    name=_("E-mail"),
    fields=(Field("address", FieldKind.EMAIL, _("Address"), example="ana@example.com"),),
    address_field="address",
    read_by_person=True,
)
