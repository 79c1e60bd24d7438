"""The sentences of paging's refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.delivery import DeliveryRefusal
from muster.mobilize.paging.reasons import Paging

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Paging.LINK_EXPIRED: (410, _("This link has expired. Sign in to see the alert.")),
    Paging.PAGE_NOT_FOUND: (404, _("There is no such page, or it is not yours to see.")),
    Paging.NOBODY_TO_PAGE: (422, _("Nobody stands behind %(target)s now. Choose somebody else.")),
    DeliveryRefusal.ALREADY_FINAL: (409, _("This message has ended already.")),
    DeliveryRefusal.ALREADY_THERE: (409, _("This message is there already.")),
    DeliveryRefusal.NO_SUCH_MOVE: (409, _("This message cannot do that now.")),
}
