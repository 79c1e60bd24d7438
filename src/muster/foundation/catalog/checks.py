"""What every configured thing must hold to: pure checks, asked before anything is written."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from muster.core.refusal import Refused
from muster.core.rotation import Day
from muster.core.urgency import UrgencySetting
from muster.core.wallclock import parse_time_of_day, zone_names
from muster.foundation.catalog.reasons import Invalid

_HOLIDAYS = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_DAYS = frozenset(day.name.lower() for day in Day)
_LIMIT_CHARS = 200


def name(text: str) -> str:
    """A name as it is shown everywhere. Raises `Refused` when it is empty, too long, or has spaces around it
    or characters that cannot be printed: nothing is mended in silence, so what was written is what stands.
    """
    if not 0 < len(text) <= _LIMIT_CHARS or text != text.strip() or not text.isprintable():
        raise Refused(Invalid.NAME)
    return text


def timezone(zone: str) -> str:
    """A time zone, or empty for the organisation's. Raises `Refused`."""
    if zone and zone not in zone_names():
        raise Refused(Invalid.TIMEZONE, {"timezone": zone[:80]})
    return zone


def hours(value: Mapping[str, Any]) -> dict[str, Any]:
    """Working hours `{days, from, to}`, or empty for the organisation's. Raises `Refused`."""
    if not value:
        return {}
    try:
        days = [str(day) for day in value["days"]]
        if set(value) != {"days", "from", "to"} or not days or not _DAYS.issuperset(days):
            raise ValueError(value)
        for key in ("from", "to"):
            parse_time_of_day(str(value[key]))
    except (KeyError, ValueError, TypeError):
        raise Refused(Invalid.HOURS) from None
    return {"days": days, "from": str(value["from"]), "to": str(value["to"])}


def holidays(place: str) -> str:
    """A country or region by its ISO 3166 code, or empty. Raises `Refused`."""
    if place and not _HOLIDAYS.fullmatch(place):
        raise Refused(Invalid.HOLIDAYS, {"holidays": place[:20]})
    return place


def urgency(setting: str) -> str:
    """How urgent a service's alerts are. Raises `Refused`."""
    if setting not in list(UrgencySetting):
        raise Refused(Invalid.URGENCY, {"urgency": setting[:40]})
    return setting


def runbook_url(url: str) -> str:
    """A web address that a screen may link to, or empty. Raises `Refused`."""
    try:
        parts = urlsplit(url)
        is_safe = not url or (parts.scheme in ("http", "https") and bool(parts.hostname))
    except ValueError:
        is_safe = False
    if not is_safe or len(url) > 2048 or not url.isprintable():
        raise Refused(Invalid.RUNBOOK_URL)
    return url
