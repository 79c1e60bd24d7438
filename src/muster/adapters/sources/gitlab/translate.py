"""GitLab's webhooks for deployments and releases: each is a change, never an alert.

How sure this is: `object_kind`, the members, the states (running, success, failed, canceled; others wait for
somebody) and times such as `2026-01-01 01:00:00 +0100` are documented (sure). A release tells of its creation
with `action` create (documented).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import mapping_of, said, scalars_of, text_of, web_links
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

_STATES = {
    "running": "Deploying",
    "success": "Deployed",
    "failed": "Could not deploy",
    "canceled": "Gave up deploying",
}


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one event. Those that change nothing that runs (a push, a blocked deployment) give no signal.

    Raises `Malformed`.
    """
    event = mapping_of(body)
    kind = text_of(event.get("object_kind")) or text_of(event.get("event_name"))
    if not kind:
        raise Malformed(["'object_kind' is missing: send GitLab's webhook here, with its default payload"])
    signal = {"deployment": _deployment, "release": _release}.get(kind, _nothing)(event)
    return [signal] if signal is not None else []


def _nothing(event: Mapping[str, Any]) -> Signal | None:
    return None


def _deployment(event: Mapping[str, Any]) -> Signal | None:
    told = scalars_of(event)
    state, sha, ref = told.get("status", ""), told.get("short_sha", ""), told.get("ref", "")
    if state not in _STATES:
        return None
    environment = told.get("environment", "")
    version = f"{ref} ({sha})" if ref and sha else ref or sha
    words = f"{_STATES[state]} {version}".strip()
    return _change(
        event,
        f"deployment {told.get('deployment_id') or told.get('deployable_id', '')} {state}",
        f"{words} to {environment}" if environment else words,
        at=told.get("status_changed_at"),
        environment=environment,
        by=text_of(mapping_of(event.get("user")).get("username")),
        labels=said(
            environment=environment, tier=told.get("environment_tier", ""), ref=ref, sha=sha, state=state
        ),
        description=told.get("commit_title", ""),
        links={
            "Job": told.get("deployable_url"),
            "Commit": told.get("commit_url"),
            "Environment": told.get("environment_external_url"),
        },
    )


def _release(event: Mapping[str, Any]) -> Signal | None:
    told, commit = scalars_of(event), mapping_of(event.get("commit"))
    tag, name = told.get("tag", ""), told.get("name", "")
    if told.get("action") != "create" or not tag:
        return None
    return _change(
        event,
        f"release {tag}",
        f"Released {name if tag in name else f'{name} {tag}'.strip()}",
        at=told.get("released_at") or told.get("created_at"),
        by=text_of(mapping_of(commit.get("author")).get("name")),
        labels=said(ref=tag, sha=text_of(commit.get("id"))),
        description=text_of(commit.get("title")),
        links={"Release": told.get("url"), "Commit": commit.get("url")},
    )


def _change(
    event: Mapping[str, Any],
    key: str,
    words: str,
    *,
    at: Any,
    by: str,
    labels: Mapping[str, str],
    description: str,
    links: Mapping[str, Any],
    environment: str = "",
) -> Signal:
    project = scalars_of(event.get("project"))
    name = project.get("path_with_namespace") or project.get("name", "")
    place, page = f"{name}: {words}" if name else words, project.get("web_url", "")
    return make_signal(
        Action.CHANGE,
        f"{name} {key}".strip(),
        summary=f"{place}, by {by}" if by else place,
        severity=SignalSeverity.ERROR if labels.get("state") == "failed" else SignalSeverity.INFO,
        source=name,
        component=project.get("name", ""),
        group=environment,
        class_=key.partition(" ")[0],
        labels={**said(project=name, by=by), **labels},
        details=said(description=description),
        links=web_links(*links.items(), ("Project", page)),
        client="GitLab",
        client_url=page,
        occurred_at=_time(at),
        raw=event,
    )


def _time(value: Any) -> datetime | None:
    """GitLab's times, which have a space before their offset, or `UTC`."""
    spaced = text_of(value).strip().replace(" UTC", "+00:00")
    return sender_time(spaced.replace(" +", "+").replace(" -", "-"))
