"""The page as HTML: complete without JavaScript, times in UTC. The templates are the look's own."""

from collections.abc import Mapping
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from muster.core.status_page import ComponentState, PageImpact
from muster.respond.statuspage.rendering.view import ComponentView, IncidentView, PageView, public_key
from muster.respond.statuspage.words import STATE_WORDS, VERDICTS

_SHAPES: Final[Mapping[str, str]] = {
    ComponentState.OPERATIONAL: "operational",
    ComponentState.UNDER_MAINTENANCE: "maintenance",
    ComponentState.DEGRADED: "degraded",
    ComponentState.PARTIAL: "partial",
    ComponentState.MAJOR: "major",
}
_OF_IMPACT: Final[Mapping[str, str]] = {
    PageImpact.NONE: "degraded",
    PageImpact.MINOR: "degraded",
    PageImpact.MAJOR: "partial",
    PageImpact.CRITICAL: "major",
}
_OF_INDICATOR: Final[Mapping[str, str]] = {
    "none": "operational",
    "maintenance": "maintenance",
    "minor": "degraded",
    "major": "partial",
    "critical": "major",
}
EARLIER = 10


def html_files(page: PageView) -> dict[str, bytes]:
    """Return every HTML file of a page by its path."""
    files = {"index.html": _page(page), "history/index.html": _history(page)}
    for one in page.incidents:
        files[f"incidents/{public_key('incident', one.id)}/index.html"] = _incident(one, page)
    return files


def _page(page: PageView) -> bytes:
    over = [one for one in page.incidents if one.is_over]
    context = _common(page, up="") | {
        "verdict": {
            "state": _OF_INDICATOR[page.indicator],
            "title": str(VERDICTS[page.indicator]),
            "text": [_("Confirmed at "), {"utc": page.made_at}, "."],
        },
        "open": [
            {
                "title": one.title,
                "url": _address(one),
                "state": _OF_IMPACT[one.impact],
                "text": _since(one),
                "updates": _updates(one),
            }
            for one in page.unresolved
        ],
        "components": [_component(one) for one in page.components],
        "maintenance": [],
        "earlier": [_earlier(one, up="") for one in over[:EARLIER]],
        "history_url": "history/" if over else None,
    }
    return render_to_string("status/page.html", context).encode()


def _history(page: PageView) -> bytes:
    context = _common(page, up="../") | {
        "verdict": {
            "state": _OF_INDICATOR[page.indicator],
            "title": _("What happened before"),
            "text": [_("Confirmed at "), {"utc": page.made_at}, "."],
        },
        "open": [],
        "components": [_component(one) for one in page.components],
        "maintenance": [],
        "earlier": [_earlier(one, up="../") for one in page.incidents],
        "history_url": None,
    }
    return render_to_string("status/page.html", context).encode()


def _incident(one: IncidentView, page: PageView) -> bytes:
    names = {part.id: _name(part.group, part.name) for part in page.components}
    context = _common(page, up="../../") | {
        "incident": {
            "title": one.title,
            "state": "operational" if one.is_over else _OF_IMPACT[one.impact],
            "over": one.is_over,
            "text": _since(one),
            "components": [names[pk] for pk in one.components if pk in names],
        },
        "updates": _updates(one),
        "postmortem_url": None,
    }
    return render_to_string("status/incident.html", context).encode()


def _common(page: PageView, *, up: str) -> dict[str, Any]:
    """`up` leads from the file to the page's root, so that the same bytes work under any address."""
    return {
        "assets": f"{up}assets",
        "page": {"name": page.name, "url": up or "./", "slug": page.slug},
        "feeds": {
            "rss": f"{up}history.rss",
            "atom": f"{up}history.atom",
            "json": f"{up}api/v2/summary.json",
        },
        "made_at": page.made_at,
        "subscribe_url": None,
    }


def _component(one: ComponentView) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": _name(one.group, one.name), "state": _SHAPES[one.state]}
    if one.uptime is None or one.uptime.percent is None:
        return shown
    days = [
        {"label": day.day.isoformat(), "state": _SHAPES[day.state] if day.state is not None else "unknown"}
        for day in one.uptime.days
    ]
    return shown | {"uptime": _("%(percent).2f %%") % {"percent": one.uptime.percent}, "days": days}


def _name(group: str, name: str) -> str:
    return f"{group}: {name}" if group else name


def _address(one: IncidentView, up: str = "") -> str:
    return f"{up}incidents/{public_key('incident', one.id)}/"


def _since(one: IncidentView) -> list[Any]:
    if one.is_over:
        return [_("Resolved. From "), {"utc": one.started_at}, _(" to "), {"utc": one.resolved_at}, "."]
    text: list[Any] = [_("Since "), {"bold": {"utc": one.started_at}}, "."]
    if one.next_update_at is not None:
        text += [
            _(" Next update by "),
            {"bold": {"utc": one.next_update_at}},
            _(", or sooner if something changes."),
        ]
    return text


def _updates(one: IncidentView) -> list[dict[str, Any]]:
    return [
        {"word": str(STATE_WORDS[post.state]), "at": post.posted_at, "text": post.body} for post in one.posts
    ]


def _earlier(one: IncidentView, *, up: str) -> dict[str, Any]:
    return {"title": one.title, "second": _since(one), "url": _address(one, up)}
