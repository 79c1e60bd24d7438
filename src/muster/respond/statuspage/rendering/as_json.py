"""The page in the shape of Statuspage's public API, so that its readers work unchanged (R45)."""

import json
from datetime import UTC, datetime
from typing import Any

from muster.core.status_page import DESCRIPTIONS, worst
from muster.respond.statuspage.rendering.view import (
    ComponentView,
    IncidentView,
    PageView,
    PostView,
    public_key,
)


def json_files(page: PageView) -> dict[str, bytes]:
    """Return every JSON file of a page by its path."""
    incidents = [incident(one, page) for one in page.incidents]
    unresolved = [incident(one, page) for one in page.unresolved]
    parts = components(page)
    head: dict[str, Any] = {"page": about(page)}
    state = {"status": {"indicator": page.indicator, "description": DESCRIPTIONS[page.indicator]}}
    maintenances: dict[str, Any] = {"scheduled_maintenances": []}
    found = {
        "summary": head | {"components": parts, "incidents": unresolved} | maintenances | state,
        "status": head | state,
        "components": head | {"components": parts},
        "incidents": head | {"incidents": incidents},
        "incidents/unresolved": head | {"incidents": unresolved},
        "scheduled-maintenances": head | maintenances,
        "scheduled-maintenances/upcoming": head | maintenances,
        "scheduled-maintenances/active": head | maintenances,
    }
    return {f"api/v2/{name}.json": _bytes(value) for name, value in found.items()}


def about(page: PageView) -> dict[str, Any]:
    """The page itself."""
    return {
        "id": public_key("page", page.id),
        "name": page.name,
        "url": page.url,
        "time_zone": "Etc/UTC",
        "updated_at": stamp(page.updated_at),
    }


def components(page: PageView) -> list[dict[str, Any]]:
    """The components, each group as a component of its own before its members."""
    found: list[dict[str, Any]] = []
    groups: dict[str, dict[str, Any]] = {}
    for one in page.components:
        if one.group and one.group not in groups:
            groups[one.group] = _group(one.group, page)
            found.append(groups[one.group])
        found.append(component(one, page))
    return found


def component(one: ComponentView, page: PageView) -> dict[str, Any]:
    """One component."""
    return {
        "id": public_key("component", one.id),
        "name": one.name,
        "status": one.state.value,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "position": one.position + 1,
        "description": one.description or None,
        "showcase": False,
        "start_date": one.created_at.astimezone(UTC).date().isoformat(),
        "group_id": _group_key(one.group, page) if one.group else None,
        "page_id": public_key("page", page.id),
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(name: str, page: PageView) -> dict[str, Any]:
    members = [one for one in page.components if one.group == name]
    first = min(members, key=lambda one: one.position)
    return component(first, page) | {
        "status": worst(one.state for one in members).value,
        "id": _group_key(name, page),
        "name": name,
        "position": first.position + 1,
        "description": None,
        "group_id": None,
        "group": True,
        "components": [public_key("component", one.id) for one in members],
    }


def _group_key(name: str, page: PageView) -> str:
    return public_key(f"group:{name}", page.id)


def incident(one: IncidentView, page: PageView) -> dict[str, Any]:
    """One incident with its updates, newest first."""
    names = {part.id: part for part in page.components}
    return {
        "id": public_key("incident", one.id),
        "name": one.title,
        "status": one.state.value,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "monitoring_at": stamp(one.monitoring_at),
        "resolved_at": stamp(one.resolved_at),
        "impact": one.impact.value,
        "shortlink": f"{page.url}/incidents/{public_key('incident', one.id)}/",
        "started_at": stamp(one.started_at),
        "page_id": public_key("page", page.id),
        "incident_updates": [_update(post, one, names) for post in one.posts],
        "components": [component(names[pk], page) for pk in one.components if pk in names],
        "reminder_intervals": None,
    }


def _update(post: PostView, one: IncidentView, names: dict[int, ComponentView]) -> dict[str, Any]:
    affected = [
        {
            "code": public_key("component", pk),
            "name": names[pk].name,
            "old_status": before,
            "new_status": after,
        }
        for pk, before, after in post.changed
        if pk in names
    ]
    return {
        "id": public_key("post", post.id),
        "status": post.state.value,
        "body": post.body,
        "incident_id": public_key("incident", one.id),
        "created_at": stamp(post.posted_at),
        "updated_at": stamp(post.posted_at),
        "display_at": stamp(post.posted_at),
        "affected_components": affected or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as Statuspage writes it."""
    if at is None:
        return None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
