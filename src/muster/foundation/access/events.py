"""Event kinds of access, worded when they are read."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("organisation.set_up", lambda p: _("set Muster up"), "sparkles"),
    Kind("organisation.changed", lambda p: _("changed the organisation's settings"), "settings"),
    Kind("person.added", lambda p: _("added %(name)s") % p, "user-plus"),
    Kind("person.changed", lambda p: _("changed a person's settings"), "user"),
    Kind("person.retired", lambda p: _("ended a person's access"), "user-x"),
    Kind("person.restored", lambda p: _("gave a person access again"), "user"),
    Kind("person.erased", lambda p: _("erased a person's data"), "eraser"),
    Kind(
        "contact.added",
        lambda p: _("added the contact method %(contact)s") % p,
        "at-sign",
        Sensitivity.MEMBER,
    ),
    Kind(
        "contact.changed",
        lambda p: _("changed the contact method %(contact)s") % p,
        "at-sign",
        Sensitivity.MEMBER,
    ),
    Kind(
        "contact.verified",
        lambda p: _("proved the contact method %(contact)s") % p,
        "check",
        Sensitivity.MEMBER,
    ),
    Kind(
        "contact.stopped",
        lambda p: _("took the contact method %(contact)s out of use: its provider no longer knows it") % p,
        "unplug",
        Sensitivity.MEMBER,
    ),
    Kind(
        "contact.retired", lambda p: _("removed the contact method %(contact)s") % p, "x", Sensitivity.MEMBER
    ),
    Kind("token.created", lambda p: _("made the API token %(name)s") % p, "key", Sensitivity.MEMBER),
    Kind("token.revoked", lambda p: _("revoked the API token %(name)s") % p, "key", Sensitivity.MEMBER),
    Kind("invitation.created", lambda p: _("invited a person"), "mail", Sensitivity.MEMBER),
    Kind("invitation.used", lambda p: _("accepted an invitation"), "check", Sensitivity.MEMBER),
    Kind("grant.given", lambda p: _("gave the role %(role)s in %(scope)s") % p, "shield"),
    Kind("grant.ended", lambda p: _("ended the role %(role)s in %(scope)s") % p, "shield-off"),
    Kind(
        "audience_member.added",
        lambda p: _("let a person see a restricted incident"),
        "eye",
        Sensitivity.MEMBER,
    ),
    Kind(
        "audience_member.removed",
        lambda p: _("ended a person's view of a restricted incident"),
        "eye-off",
        Sensitivity.MEMBER,
    ),
)
