"""GitHub's webhooks for deployments, releases and workflow runs: each is a change, never an alert.

How sure this is: the members of a deployment's status and of a workflow run were read in the payload examples
that GitHub publishes, and the states in its schema (sure); a release's, and the event's name in
`X-GitHub-Event`, are documented (likely). Deployments also arrive inside events that are about something
else, such as a review (likely), so the header decides where it is there. A webhook set to
`application/x-www-form-urlencoded` sends the same JSON in the field `payload` (documented).
"""

from collections.abc import Mapping
from typing import Any

from muster.core.decoding import NotDecodable, decode_json
from muster.core.ports.source_form import Malformed
from muster.core.reading import mapping_of, said, scalars_of, text_of, web_links
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

_SHA_CHARS = 8
_EVENTS = ("deployment_status", "deployment", "release", "workflow_run")
_DEPLOYED = {"success": "Deployed", "failure": "Could not deploy", "error": "Could not deploy"}
_RAN = {
    "success": "succeeded",
    "failure": "failed",
    "timed_out": "timed out",
    "startup_failure": "did not start",
}
_FAILED = frozenset(("failure", "error", "timed_out", "startup_failure"))


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one event; those that change nothing that runs give no signal (a ping, a queued deployment).

    Raises `Malformed`.
    """
    event = _event(body)
    kind = headers.get("x-github-event") or next((name for name in _EVENTS if name in event), "")
    if not event or not (kind or "zen" in event or "repository" in event):
        raise Malformed(["Not an event of GitHub: send its webhook here, content type application/json"])
    readers = {
        "deployment": _deployment,
        "deployment_status": _deployment_status,
        "release": _release,
        "workflow_run": _workflow_run,
    }
    reader = readers.get(kind)
    signal = reader(event) if reader is not None else None
    return [signal] if signal is not None else []


def _event(body: Any) -> Mapping[str, Any]:
    told = mapping_of(body)
    packed = told.get("payload")
    if not isinstance(packed, str) or "repository" in told:
        return told
    try:
        return mapping_of(decode_json(packed.encode("utf-8", "replace")))
    except NotDecodable:
        raise Malformed(
            ["The form's field 'payload' is not JSON: choose content type application/json"]
        ) from None


def _deployment(event: Mapping[str, Any]) -> Signal | None:
    deployment = mapping_of(event.get("deployment"))
    if event.get("action") != "created" or not deployment:
        return None
    key = f"deployment {text_of(deployment.get('id'))} started"
    about, at = _about(deployment), deployment.get("created_at")
    return _change(event, key, f"Deploying {_what(deployment)}", about, at=at)


def _deployment_status(event: Mapping[str, Any]) -> Signal | None:
    deployment, status = mapping_of(event.get("deployment")), mapping_of(event.get("deployment_status"))
    state = text_of(status.get("state"))
    if state not in _DEPLOYED:
        return None
    return _change(
        event,
        f"deployment {text_of(deployment.get('id'))} {state}",
        f"{_DEPLOYED[state]} {_what(deployment)}",
        _about(deployment) | {"state": state},
        at=status.get("created_at"),
        description=text_of(status.get("description")),
        links={
            "Log": status.get("log_url") or status.get("target_url"),
            "Environment": status.get("environment_url"),
        },
    )


def _release(event: Mapping[str, Any]) -> Signal | None:
    release = mapping_of(event.get("release"))
    tag, name = text_of(release.get("tag_name")), text_of(release.get("name"))
    if event.get("action") != "published" or not tag:
        return None
    return _change(
        event,
        f"release {tag}",
        f"Released {name if tag in name else f'{name} {tag}'.strip()}",
        {"ref": tag, "by": _login(release.get("author"))},
        at=release.get("published_at"),
        links={"Release": release.get("html_url")},
    )


def _workflow_run(event: Mapping[str, Any]) -> Signal | None:
    """A run on the default branch that has ended; those of branches under review are of no interest."""
    run, repository = mapping_of(event.get("workflow_run")), mapping_of(event.get("repository"))
    conclusion, branch = text_of(run.get("conclusion")), text_of(run.get("head_branch"))
    if event.get("action") != "completed" or conclusion not in _RAN:
        return None
    if not branch or branch != repository.get("default_branch"):
        return None
    name = text_of(run.get("name")) or text_of(mapping_of(event.get("workflow")).get("name"))
    sha, by = text_of(run.get("head_sha")), _login(run.get("actor"))
    return _change(
        event,
        f"workflow run {text_of(run.get('id'))} {text_of(run.get('run_attempt'))}",
        f"{name or 'Workflow'} {_RAN[conclusion]} on {branch}",
        {"ref": branch, "sha": sha, "state": conclusion, "by": by},
        at=run.get("updated_at"),
        links={"Run": run.get("html_url")},
    )


def _what(deployment: Mapping[str, Any]) -> str:
    """`1.2.3 (f95f852b) to production`."""
    ref, sha = text_of(deployment.get("ref")), text_of(deployment.get("sha"))[:_SHA_CHARS]
    environment = text_of(deployment.get("environment"))
    version = f"{ref} ({sha})" if ref and sha and not ref.startswith(sha) else ref or sha
    return f"{version} to {environment}" if environment else version


def _about(deployment: Mapping[str, Any]) -> dict[str, str]:
    told = {name: text_of(deployment.get(name)) for name in ("environment", "ref", "sha")}
    return told | {"by": _login(deployment.get("creator"))}


def _login(person: Any) -> str:
    return text_of(mapping_of(person).get("login"))


def _change(
    event: Mapping[str, Any],
    key: str,
    words: str,
    about: Mapping[str, str],
    *,
    at: Any,
    description: str = "",
    links: Mapping[str, Any] | None = None,
) -> Signal:
    """A change of the event's repository. `about`: its `environment`, `ref`, `sha`, `state` and `by`."""
    repository = scalars_of(event.get("repository"))
    name, page = repository.get("full_name") or repository.get("name", ""), repository.get("html_url", "")
    by, sha = about.get("by", ""), about.get("sha", "")
    place = f"{name}: {words.strip()}" if name else words.strip()
    return make_signal(
        Action.CHANGE,
        f"{name} {key}".strip(),
        summary=f"{place}, by {by}" if by else place,
        severity=SignalSeverity.ERROR if about.get("state") in _FAILED else SignalSeverity.INFO,
        source=name,
        component=repository.get("name", ""),
        group=about.get("environment", ""),
        class_=key.partition(" ")[0],
        labels=said(repository=name, **about),
        details=said(description=description),
        links=web_links(
            *(links or {}).items(), ("Commit", f"{page}/commit/{sha}" if sha else ""), ("Repository", page)
        ),
        client="GitHub",
        client_url=page,
        occurred_at=sender_time(at),
        raw=event,
    )
