"""The words of status pages: states as customers read them, and the sentences of refusals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.status_page import ComponentState, PageRefusal, PageState

STATE_WORDS: Mapping[str, Any] = {
    PageState.INVESTIGATING: _("Investigating"),
    PageState.IDENTIFIED: _("Identified"),
    PageState.MONITORING: _("Monitoring"),
    PageState.RESOLVED: _("Resolved"),
}

COMPONENT_WORDS: Mapping[str, Any] = {
    ComponentState.OPERATIONAL: _("Operational"),
    ComponentState.UNDER_MAINTENANCE: _("Under maintenance"),
    ComponentState.DEGRADED: _("Degraded performance"),
    ComponentState.PARTIAL: _("Partial outage"),
    ComponentState.MAJOR: _("Major outage"),
}

VERDICTS: Mapping[str, Any] = {
    "none": _("Everything works"),
    "maintenance": _("Planned work is under way"),
    "minor": _("Some things are slow or fail"),
    "major": _("Part of the service is down"),
    "critical": _("The service is down"),
}

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    PageRefusal.PAGE_NOT_FOUND: (404, _("There is no such status page.")),
    PageRefusal.COMPONENT_NOT_FOUND: (404, _("There is no such component on this page.")),
    PageRefusal.POST_NOT_FOUND: (404, _("There is no such incident on this page.")),
    PageRefusal.WORDS_NEEDED: (422, _("Write what customers should read.")),
    PageRefusal.TITLE_NEEDED: (422, _("Give it a title in words a customer would use.")),
    PageRefusal.STATE_UNKNOWN: (422, _("%(state)s is no state here. Write one of: %(known)s.")),
    PageRefusal.RESOLVED_ALREADY: (409, _("This is resolved on the page. Publish it anew.")),
    PageRefusal.ALREADY_ON_PAGE: (409, _("This incident stands on the page already. Add a post to it.")),
    PageRefusal.RETIRED: (409, _("This page is retired. Bring it back first.")),
}
