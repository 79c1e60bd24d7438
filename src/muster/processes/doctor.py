"""`muster doctor`: what is wrong with this installation, and how to mend each finding (design section 2)."""

import json
import os
import shutil
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from django.utils.module_loading import import_string

from muster.config.environment import Environment, read_environment
from muster.processes.connections import APP
from muster.processes.data_folder import default_folder
from muster.processes.opening import open_database
from muster.processes.problems import CannotStart
from muster.processes.schema import schema_finding
from muster.processes.surroundings import enter_as

CLOCK_TOLERANCE = timedelta(seconds=2)
WORKER_SILENT_AFTER = timedelta(seconds=30)
UNSEALED_AFTER = timedelta(seconds=5)
AUDIT_OLD_AFTER = timedelta(minutes=1)
CERTIFICATE_WARNING = timedelta(days=21)
FREE_BYTES = 500_000_000
NO_KEY = "x" * 64
"""Stands for a secret key that nobody told us: nothing is signed here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what a person does about it. One line each."""

    check: str
    finding: str
    remedy: str


@dataclass(slots=True)
class Patient:
    """What the checks look at. `database` is None while it does not answer; Django is set up when it does."""

    env: Environment
    data: Path
    certificate: Path | None = None
    database: psycopg.Connection[tuple[Any, ...]] | None = field(default=None)


Check = Callable[[Patient], Iterable[Finding]]


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Room in the data folder."""
    if not patient.data.is_dir():
        return
    free = shutil.disk_usage(patient.data).free
    if free < FREE_BYTES:
        finding = f"{free // 1_000_000} MB are free on the disk of {patient.data}."
        yield Finding("disk", finding, "Free some space, PostgreSQL stops when there is none.")


def check_server(patient: Patient) -> Iterator[Finding]:
    """PostgreSQL's version, and the settings on which durability stands."""
    for name in ("fsync", "full_page_writes"):
        if _one(patient, "SELECT current_setting(%s)", name) != "on":
            yield Finding(
                "database", f"{name} is off: a crash can lose what was confirmed.", f"Set {name} = on."
            )
    if _one(patient, "SELECT current_setting('synchronous_commit')") == "off":
        remedy = "Set synchronous_commit = on."
        yield Finding("database", "synchronous_commit is off: a crash can lose what was confirmed.", remedy)


def check_roles(patient: Patient) -> Iterator[Finding]:
    """The application must not be able to rewrite the timeline."""
    if _one(patient, "SELECT 1 FROM pg_roles WHERE rolname = %s", APP) is None:
        remedy = f"As a superuser: CREATE ROLE {APP}; GRANT {APP} TO its user; then run muster db migrate."
        yield Finding(
            "roles", f"The role {APP} does not exist, Muster runs as the owner of its tables.", remedy
        )
        return
    if _one(patient, "SELECT to_regclass('timeline_event')") is None:
        return
    query = "SELECT has_table_privilege(%s, 'timeline_event', 'UPDATE, DELETE, TRUNCATE')"
    if _one(patient, query, APP):
        yield Finding(
            "roles", f"The role {APP} may change events.", "Run muster db migrate: it takes that right away."
        )


def check_schema(patient: Patient) -> Iterator[Finding]:
    """The schema fits the program."""
    if finding := schema_finding():
        yield Finding("schema", finding, "Run muster db migrate with the version you want to run.")


def check_clock(patient: Patient) -> Iterator[Finding]:
    """This machine's clock beside the database's, which is the product's."""
    at = _one(patient, "SELECT clock_timestamp()")
    drift = abs(datetime.now(UTC) - at)
    if drift > CLOCK_TOLERANCE:
        finding = f"This machine's clock and the database's differ by {drift.total_seconds():.0f} s."
        yield Finding("clock", finding, "Synchronise both with NTP.")


def check_worker(patient: Patient) -> Iterator[Finding]:
    """A worker has been seen lately."""
    if _one(patient, "SELECT to_regclass('timeline_beat')") is None:
        return
    silent = _one(patient, "SELECT now() - max(at) FROM timeline_beat WHERE kind = 'worker' AND at <= now()")
    if silent is None or silent > WORKER_SILENT_AFTER:
        seen = (
            "No worker has ever been seen" if silent is None else f"No worker was seen for {_whole(silent)}"
        )
        yield Finding("worker", f"{seen}: nobody is paged.", "Start muster worker, or muster up.")


def check_auditor(patient: Patient) -> Iterator[Finding]:
    """The auditor looks, and finds nobody missed."""
    if _one(patient, "SELECT to_regclass('watch_watch')") is None:
        return
    clean = _one(patient, "SELECT now() - clean_at FROM watch_watch WHERE id = 1")
    if clean is not None and clean > AUDIT_OLD_AFTER:
        remedy = "Open /health for what it finds; where it does not look, read the log of muster worker."
        finding = f"The auditor last found {_whole(clean)} ago that nobody is missed."
        yield Finding("auditor", finding, remedy)
    for name, about in _all(patient, "SELECT check_name, about FROM watch_finding WHERE ended_at IS NULL"):
        yield Finding("auditor", f"The auditor found {name} about {about}.", "Open /health.")
    query = "SELECT count(*) FROM watch_finding WHERE mended_at > now() - interval '1 day'"
    if mended := _one(patient, query):
        finding = f"The auditor put right {mended} things in a day: the engine would have missed somebody."
        yield Finding("auditor", finding, "Open /health, and report what you see there.")


def check_sealing(patient: Patient) -> Iterator[Finding]:
    """Events reach the chain within seconds."""
    if _one(patient, "SELECT to_regclass('timeline_outbox')") is None:
        return
    query = "SELECT now() - min(recorded_at) FROM timeline_event JOIN timeline_outbox ON id = event_id"
    waiting = _one(patient, query)
    if waiting is not None and waiting > UNSEALED_AFTER:
        finding = f"The oldest event waits for its place in the chain since {_whole(waiting)}."
        yield Finding("sealer", finding, "Start muster worker; if one runs, read its log for the sealer.")


def check_parked(patient: Patient) -> Iterator[Finding]:
    """No reaction waits for a person."""
    if _one(patient, "SELECT to_regclass('timeline_parked')") is None:
        return
    parked = _one(patient, "SELECT count(*) FROM timeline_parked WHERE due_at IS NULL AND attempts > 0")
    if parked:
        remedy = "Read timeline_parked.error, mend the cause; muster worker tries again after its restart."
        yield Finding("reactions", f"{parked} reactions failed again and again and are parked.", remedy)


def check_reach(patient: Patient) -> Iterator[Finding]:
    """Everybody in a team could be woken."""
    if _one(patient, "SELECT to_regclass('reach_testpage')") is None:
        return
    remedy = "They prove a contact method under Settings; /readiness shows everybody."
    for handle, lack in import_string("muster.processes.reach_check.unreachable")():
        yield Finding("reach", f"Nobody can wake {handle}: {lack}.", remedy)


def check_mail(patient: Patient) -> Iterator[Finding]:
    """Mail can leave."""
    if not patient.env.email_url:
        remedy = "Set MUSTER_EMAIL_URL, for example smtp+starttls://user:password@mail.example.com:587/?from=m@example.com"
        yield Finding("channels", "MUSTER_EMAIL_URL is not set: nobody can be reached by e-mail.", remedy)


def check_mail_in(patient: Patient) -> Iterator[Finding]:
    """Letters can come in."""
    if not patient.env.mail_in:
        return
    why = import_string("muster.config.mailbox_check.mail_in_problem")(patient.env)
    if why is not None:
        remedy = "Correct MUSTER_MAIL_IN, for example imaps://user:password@mail.example.com/?alerts=alerts@in.example.com"
        yield Finding("mailbox", f"No letters come in: {why}.", remedy)


def check_watchdog(patient: Patient) -> Iterator[Finding]:
    """Somebody outside notices when Muster is down."""
    if not patient.env.heartbeat_url:
        remedy = "Set MUSTER_HEARTBEAT_URL to a dead man's switch outside this machine."
        yield Finding("watchdog", "Nobody outside would notice that Muster is down.", remedy)


def check_certificate(patient: Patient) -> Iterator[Finding]:
    """The certificate given is valid for some time."""
    if patient.certificate is None:
        return
    try:
        ends = certificate_end(patient.certificate)
    except (OSError, ssl.SSLError, ValueError) as error:
        yield Finding(
            "certificate", f"{patient.certificate} cannot be read: {error}.", "Give a PEM certificate."
        )
        return
    if ends - datetime.now(UTC) < CERTIFICATE_WARNING:
        yield Finding("certificate", f"{patient.certificate} ends on {ends:%Y-%m-%d}.", "Renew it.")


# What needs no database, then what does. A stage adds the dotted name of its own check at the end.
OUTSIDE: tuple[Check, ...] = (
    check_disk,
    check_mail,
    check_mail_in,
    check_watchdog,
    check_certificate,
)
INSIDE: tuple[Check, ...] = (
    check_schema,
    check_server,
    check_roles,
    check_clock,
    check_worker,
    check_auditor,
    check_sealing,
    check_parked,
    check_reach,
)
STAGES: tuple[str, ...] = (
    "muster.processes.coverage.check_coverage",
    "muster.processes.signals_check.check_signals",
    "muster.processes.signals_check.check_secrets",
)


def doctor(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: MUSTER_DATABASE_URL, MUSTER_DATA).")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate whose end is checked too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False,
) -> None:
    """Say what is wrong with this installation and how to mend it; exit code 1 when anything is."""
    env = read_environment()
    findings = examine(Patient(env, data or env.data or default_folder(), tls_cert), data)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(f"{finding.check}: {finding.finding}\n    {finding.remedy}")
        print(f"{len(findings)} findings" if findings else "All is well")
    raise typer.Exit(1 if findings else 0)


def examine(patient: Patient, data: Path | None) -> list[Finding]:
    """Every finding, those that need no database first."""
    findings = [finding for check in OUTSIDE for finding in check(patient)]
    with ExitStack() as opened:
        try:
            url = opened.enter_context(open_database(data))
            os.environ.setdefault("MUSTER_SECRET_KEY", _kept_key(patient, data) or NO_KEY)
            enter_as(url)
            patient.database = opened.enter_context(psycopg.connect(url, autocommit=True, connect_timeout=10))
        except (CannotStart, psycopg.OperationalError) as error:
            told = " ".join(str(error).split())
            return [*findings, Finding("database", told, "Mend this first, the other checks need it.")]
        checks = (*INSIDE, *(import_string(name) for name in STAGES))
        findings += [finding for check in checks for finding in check(patient)]
    return findings


def _kept_key(patient: Patient, data: Path | None) -> str:
    """The secret key in the data folder, where the database is that folder's, too."""
    kept = patient.data / "secret_key"
    is_ours = data is not None or not patient.env.database_url
    return kept.read_text().strip() if is_ours and kept.is_file() else ""


def certificate_end(file: Path) -> datetime:
    """When the first certificate of a PEM file ends. Raises OSError, ssl.SSLError or ValueError."""
    context = ssl.create_default_context(cafile=str(file))
    ends = [str(found["notAfter"]) for found in context.get_ca_certs()]
    if not ends:
        raise ValueError("it holds no certificate")
    return datetime.fromtimestamp(min(ssl.cert_time_to_seconds(end) for end in ends), UTC)


def _one(patient: Patient, query: str, *values: object) -> Any:
    assert patient.database is not None
    row = patient.database.execute(query, values or None).fetchone()
    return row[0] if row else None


def _all(patient: Patient, query: str) -> list[tuple[Any, ...]]:
    assert patient.database is not None
    return patient.database.execute(query).fetchall()


def _whole(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
