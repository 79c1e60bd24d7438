"""Sentry's webhooks: an alert's trigger, and the end of its issue (wire facts 3.5)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    first_of,
    mapping_of,
    severity_of,
    short_texts_of,
    text_of,
    texts_of,
    web_links,
)
from muster.core.signals import Action, Signal, make_signal
from muster.core.text import sender_time

_ENDS = frozenset({"resolved", "archived", "ignored"})
_METRIC_ACTIONS = ("critical", "warning", "resolved")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one webhook. What is no alert and ends none (a comment, a new issue) is taken, and says nothing.

    An issue is known by its id, a metric alert by its own with `metric:` before it. Raises `Malformed`.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("data"), Mapping):
        raise Malformed(["'data' must be an object: send Sentry's webhook unchanged"])
    data, action = body["data"], text_of(body.get("action")).lower()
    said = text_of(headers.get("sentry-hook-resource")).lower()
    resource = said or _resource(data)
    if resource == "metric_alert":
        return [_metric_alert(data, action, body)]
    if resource == "event_alert":
        return [_event_alert(data, body)]
    if resource in ("issue", "activity_alert") and (action in _ENDS or resource == "activity_alert"):
        return [_issue(data, action, body)]
    return []


def _resource(data: Mapping[str, Any]) -> str:
    """What a body without the header is about."""
    for member, resource in (("metric_alert", "metric_alert"), ("event", "event_alert"), ("issue", "issue")):
        if member in data:
            return resource
    return ""


def _metric_alert(data: Mapping[str, Any], action: str, body: Mapping[str, Any]) -> Signal:
    alert = mapping_of(data.get("metric_alert"))
    rule = mapping_of(alert.get("alert_rule"))
    key = text_of(alert.get("id")) or text_of(rule.get("id"))
    if not key:
        raise Malformed(["'data.metric_alert.id' is missing"])
    if action not in _METRIC_ACTIONS:
        raise Malformed([f"'action' must be one of {', '.join(_METRIC_ACTIONS)}"])
    title = first_of(texts_of(data), ("description_title",)) or text_of(alert.get("title")) or "Metric alert"
    projects = alert.get("projects")
    project = text_of(projects[0]) if isinstance(projects, list) and projects else ""
    return make_signal(
        Action.RESOLVE if action == "resolved" else Action.TRIGGER,
        f"metric:{key}",
        summary=title,
        severity=severity_of(action),
        source=project,
        component=project,
        class_=text_of(rule.get("name")),
        labels=short_texts_of(
            {"project": project, "rule": rule.get("name"), "environment": rule.get("environment")}
        ),
        details={"description": text_of(data.get("description_text")), "query": text_of(rule.get("query"))},
        links=web_links(("", data.get("web_url"))),
        client="Sentry",
        occurred_at=sender_time(alert.get("date_started") or alert.get("date_detected")),
        ended_at=sender_time(alert.get("date_closed")) if action == "resolved" else None,
        raw=body,
    )


def _event_alert(data: Mapping[str, Any], body: Mapping[str, Any]) -> Signal:
    event = mapping_of(data.get("event"))
    key = text_of(event.get("issue_id")) or _last_segment(event.get("issue_url"))
    if not key:
        raise Malformed(["'data.event.issue_id' is missing"])
    rule = text_of(data.get("triggered_rule"))
    project = _project(event)
    return make_signal(
        Action.TRIGGER,
        key,
        summary=first_of(texts_of(event), ("title", "message", "culprit")) or rule or f"Issue {key}",
        severity=severity_of(text_of(event.get("level"))),
        source=project,
        component=project,
        class_=rule,
        labels={**dict(_tags(event)), **short_texts_of({"project": project, "rule": rule})},
        details={"culprit": text_of(event.get("culprit")), "platform": text_of(event.get("platform"))},
        links=web_links(("", event.get("web_url"))),
        client="Sentry",
        occurred_at=sender_time(event.get("datetime") or event.get("timestamp")),
        raw=body,
    )


def _issue(data: Mapping[str, Any], action: str, body: Mapping[str, Any]) -> Signal:
    issue = mapping_of(data.get("issue"))
    key = text_of(issue.get("id"))
    if not key:
        raise Malformed(["'data.issue.id' is missing"])
    project = text_of(mapping_of(issue.get("project")).get("slug"))
    return make_signal(
        Action.RESOLVE if action in _ENDS else Action.TRIGGER,
        key,
        summary=first_of(texts_of(issue), ("title", "culprit", "shortId")) or f"Issue {key}",
        severity=severity_of(text_of(issue.get("level"))),
        source=project,
        component=project,
        labels=short_texts_of({"project": project, "issue": issue.get("shortId")}),
        links=web_links(("", issue.get("web_url") or issue.get("permalink"))),
        client="Sentry",
        raw=body,
    )


def _tags(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`[["environment", "prod"], …]`, as Sentry writes tags."""
    tags = event.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, list) and len(tag) == 2:
            yield from short_texts_of({text_of(tag[0]): tag[1]}).items()


def _project(event: Mapping[str, Any]) -> str:
    """The project's short name, which stands only in the event's address; else its number."""
    segments = _segments(event.get("url"))
    if "projects" in segments[:-2]:
        return segments[segments.index("projects") + 2]
    return text_of(event.get("project"))


def _last_segment(url: Any) -> str:
    return next(reversed(_segments(url)), "")


def _segments(url: Any) -> list[str]:
    try:
        return [segment for segment in urlsplit(text_of(url)).path.split("/") if segment]
    except ValueError:
        return []
