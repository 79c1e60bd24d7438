"""healthchecks.io's webhook integration, with the bodies that we publish: a check went down, or is up again.

How sure this is: that the body is free, and what its placeholders hold (`$CODE` the check's UUID, `$STATUS`
"up" or "down", `$NOW`, `$EXITSTATUS`, `$BODY_JSON`, and `$JSON` with the members of the management API's
check), was read in its source, as was that any answer but 200, 201, 202 and 204 is tried twice more
(sure). A check's own `status` inside `$JSON` may say "started" or "grace" at that moment (sure), so only
`$STATUS` counts. The test button sends a check named TEST with a code of its own (likely).
"""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import mapping_of, said, severity_of, text_of, web_links
from muster.core.signals import Action, Signal, make_signal
from muster.core.text import sender_time

_ACTIONS = {"down": Action.TRIGGER, "up": Action.RESOLVE}
_NO_FAILURE = frozenset(("", "-1", "0"))
"""Exit statuses that say nothing of a failure: `$EXITSTATUS` is -1 when the ping brought none."""
_ADDRESSES_WITH_CODE = ("update_url", "ping_url")
SECRET_ADDRESSES = frozenset(("ping_url", "update_url", "pause_url", "resume_url", "channels"))
"""Whoever has these may act on the check."""
_TOLD = ("desc", "schedule", "tz", "timeout", "grace", "n_pings", "last_ping", "next_ping", "last_duration")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one call. The key is the check's code, which down and up share. Raises `Malformed`."""
    told = mapping_of(body)
    check = mapping_of(told.get("check"))
    code, status = _code(told, check), text_of(told.get("status")).strip().lower()
    errors = []
    if not code:
        errors.append("'code' is missing: put the placeholder $CODE there")
    if status not in _ACTIONS:
        errors.append("'status' must be 'up' or 'down': put the placeholder $STATUS there")
    if errors:
        raise Malformed(errors)
    kept = {name: value for name, value in check.items() if name not in SECRET_ADDRESSES}
    raw = {**told, "check": kept} if check else told
    return [_signal(code, _ACTIONS[status], told, kept, raw)]


def _signal(
    code: str, action: Action, told: Mapping[str, Any], check: Mapping[str, Any], raw: Mapping[str, Any]
) -> Signal:
    name = text_of(told.get("name")) or text_of(check.get("name")) or f"Check {code}"
    tags = text_of(told.get("tags")) or text_of(check.get("tags"))
    labels, at = _labels(tags), sender_time(told.get("now"))
    is_down, exit_status = action is Action.TRIGGER, text_of(told.get("exit_status")).strip()
    words = f"failed with exit status {exit_status}" if exit_status not in _NO_FAILURE else "is down"
    return make_signal(
        action,
        code,
        summary=f"{name} {words if is_down else 'is up again'}",
        severity=severity_of(labels.get("severity", "")),
        source=labels.get("host", ""),
        component=name,
        group=labels.get("env", ""),
        class_="check",
        labels=said(check=name, tags=tags) | labels,
        details=said(
            last_ping_said=text_of(told.get("body")),
            exit_status=exit_status,
            **{member: check.get(member) for member in _TOLD},
        ),
        links=web_links(("Check", told.get("url"))),
        client="healthchecks.io",
        occurred_at=at if is_down else None,
        ended_at=None if is_down else at,
        raw=raw,
    )


def _code(told: Mapping[str, Any], check: Mapping[str, Any]) -> str:
    """The check's UUID: said, or the last part of an address of the check."""
    found = text_of(told.get("code")) or text_of(check.get("uuid"))
    addresses = (text_of(check.get(name)) for name in _ADDRESSES_WITH_CODE)
    return found or next((a.rstrip("/").rpartition("/")[2] for a in addresses if a), "")


def _labels(tags: str) -> dict[str, str]:
    """The tags of the form name=value or name:value; what a tag alone means, nobody can know."""
    pairs = (tag.replace("=", ":", 1).partition(":") for tag in tags.split())
    return {name: value for name, _, value in pairs if name and value}
