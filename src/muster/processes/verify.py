"""`muster verify`: the chain of the timeline, checked from outside the product's processes."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.module_loading import import_string

from muster.config.environment import read_environment
from muster.processes.opening import data_path, open_database
from muster.processes.schema import require_tables
from muster.processes.surroundings import enter_as


def verify(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: MUSTER_DATABASE_URL, MUSTER_DATA).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object.")] = False,
) -> None:
    """Check every event against the chain; one line for each finding, and exit code 1 if any."""
    with open_database(data) as url:
        os.environ.setdefault("MUSTER_SECRET_KEY", "x" * 64)  # nothing is signed here
        enter_as(url)
        require_tables("timeline_event", "timeline_link")
        report = import_string("muster.foundation.timeline.verify.verify")(_anchors(data))
    findings = [_plain(finding) for finding in report.findings]
    if as_json:
        told = {"ok": report.ok, "events": report.events, "head": report.head, "findings": findings}
        print(json.dumps(told | {"seq": report.seq, "unsealed": list(report.unsealed)}))
    else:
        for finding in findings:
            print(" ".join(f"{key} {value}" for key, value in finding.items() if value is not None))
        for event_id in report.unsealed:
            print(f"event {event_id} waits to be sealed")
        print(f"{report.events} events, {len(report.unsealed)} unsealed; head {report.seq} {report.head}")
        print("The chain holds" if report.ok else f"{len(findings)} findings: the timeline was tampered with")
    raise typer.Exit(0 if report.ok else 1)


def _anchors(data: Path | None) -> Path | None:
    """The folder that holds the anchors; None where only a database was named."""
    env = read_environment()
    return data_path(data) if data or env.data or not env.database_url else None


def _plain(finding: Any) -> dict[str, Any]:
    return {"seq": finding.seq, "event": finding.event_id, "what": finding.what}
