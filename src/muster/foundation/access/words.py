"""The sentences of access's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.permissions import Denied
from muster.core.ports.contact_form import FieldProblem
from muster.foundation.access.reasons import Idempotency, Invalid, NotFound, SignIn, Taken

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Denied.NOT_SIGNED_IN: (401, _("Sign in first.")),
    Denied.ROLE: (403, _("Your role does not allow this. An admin can change it under People.")),
    Denied.NOT_YOUR_TEAM: (403, _("Only this team's manager or an admin may change this.")),
    Denied.NOT_COMMANDER: (403, _("Only the incident commander may do this, or a manager on their behalf.")),
    Denied.LINK_SCOPE: (403, _("This link is for one page only. Sign in to do more.")),
    Denied.NOT_FOUND: (404, _("There is nothing here, or it is not yours to see.")),
    SignIn.ACCESS_ENDED: (401, _("This access has ended. Ask an admin.")),
    SignIn.TOKEN_UNKNOWN: (401, _("This API token is unknown or revoked. Make another under Settings.")),
    SignIn.TOKEN_EXPIRED: (401, _("This API token has expired. Make another under Settings.")),
    SignIn.LINK_USED: (410, _("This link has been used or has expired. Ask an admin for another.")),
    NotFound.PERSON: (404, _("Nobody has this handle.")),
    NotFound.CONTACT: (404, _("There is no such contact method.")),
    NotFound.CONTACT_KIND: (422, _("This version cannot reach people by %(kind)s; it knows %(known)s.")),
    NotFound.TOKEN: (404, _("There is no such token.")),
    Taken.HANDLE: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    Taken.EMAIL: (409, _("Somebody else has this address.")),
    Invalid.HANDLE: (422, _("%(handle)s is no handle: use a-z, 0-9 and -, at most 63 characters.")),
    Invalid.TIMEZONE: (422, _("%(timezone)s is no time zone; write it like Europe/Madrid.")),
    Invalid.ROLE: (422, _("There is no such role.")),
    Invalid.LAST_ADMIN: (409, _("%(person)s is the last admin. Make somebody else an admin first.")),
    Invalid.CONTACT: (422, _("This contact method is not right: %(problems)s.")),
    Invalid.RULE_CONTACT: (422, _("The rule names a contact method that this person does not have.")),
    Invalid.RULES: (
        422,
        _("These contact rules cannot be read, at %(path)s: write {after: 5m, use: email}."),
    ),
    Invalid.HOURS: (
        422,
        _('These hours cannot be read, at %(path)s: write {days: [mon, fri], from: "22:00", to: "07:00"}.'),
    ),
    Invalid.NO_HOUR_LEFT: (
        422,
        _("These hours leave no hour of the week for what can wait: it would never reach them."),
    ),
    Idempotency.KEY_INVALID: (400, _("An Idempotency-Key has 1 to 255 printable ASCII characters.")),
    Idempotency.KEY_REUSED: (422, _("This Idempotency-Key was used for another request. Make a new one.")),
}

_FIELD_PROBLEMS: Mapping[FieldProblem, Any] = {
    FieldProblem.MISSING: _("%(field)s is missing"),
    FieldProblem.TOO_LONG: _("%(field)s is too long"),
    FieldProblem.NOT_AN_EMAIL_ADDRESS: _("%(field)s is not one e-mail address"),
    FieldProblem.NOT_A_WEB_ADDRESS: _("%(field)s is not a web address that begins with https:// or http://"),
    FieldProblem.USERINFO_IN_ADDRESS: _("%(field)s must not hold a user name or password"),
    FieldProblem.PORT_REFUSED: _("%(field)s names a port that no web address uses"),
    FieldProblem.NOT_YES_OR_NO: _("%(field)s must be true or false"),
    FieldProblem.NOT_OF_ITS_FORM: _("%(field)s holds letters or signs that cannot stand there"),
    FieldProblem.UNKNOWN_FIELD: _("there is no %(field)s in a contact of this kind"),
}


def field_problem(problem: FieldProblem, field: str) -> str:
    """What is wrong with one field of a contact, in words; `field` is its name or its label."""
    return str(_FIELD_PROBLEMS[problem]) % {"field": field}
