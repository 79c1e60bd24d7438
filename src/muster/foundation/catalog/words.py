"""The sentences of the catalog's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.foundation.catalog.reasons import Invalid, NotFound, Retiring, Taken

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    NotFound.TEAM: (404, _("There is no team %(handle)s.")),
    NotFound.SERVICE: (404, _("There is no service %(handle)s.")),
    NotFound.PRODUCT: (404, _("There is no product %(handle)s.")),
    NotFound.CUSTOMER: (404, _("There is no customer %(handle)s.")),
    NotFound.POSITION: (404, _("There is no position %(handle)s.")),
    Taken.HANDLE: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    Invalid.HANDLE: (422, _("%(handle)s is no handle: use a-z, 0-9 and -, at most 63 characters.")),
    Invalid.NAME: (422, _("A name has 1 to 200 printable characters and no spaces around it.")),
    Invalid.TIMEZONE: (422, _("%(timezone)s is no time zone; write it like Europe/Madrid.")),
    Invalid.HOURS: (422, _("Write hours as days, from and to, for example mon to fri, 09:00 to 17:00.")),
    Invalid.HOLIDAYS: (422, _("%(holidays)s is no country or region; write it like ES or DE-BY.")),
    Invalid.URGENCY: (422, _("%(urgency)s is no urgency: choose high, low, by_severity or by_hours.")),
    Invalid.RUNBOOK_URL: (422, _("A runbook is a web address that begins with https:// or http://.")),
    Invalid.RETIRED: (422, _("%(what)s is retired or was never there; leave it out or bring it back.")),
    Invalid.DEPENDS_ON_ITSELF: (422, _("%(handle)s cannot depend on itself.")),
    Retiring.POINTED_AT: (409, _("%(handle)s is still used by %(by)s. Change those first.")),
    Retiring.RESERVED: (409, _("%(handle)s is Muster's own and stays.")),
    Retiring.POINTS_AT_RETIRED: (
        409,
        _("%(handle)s uses %(what)s, which is retired. Bring that back first."),
    ),
}
