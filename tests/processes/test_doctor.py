"""`muster doctor` finds what is wrong, says how to mend it, and finds nothing where all is well."""

import json
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from database import Database
from fakes.imap import ImapServer
from muster.core.permissions import system
from muster.detect.commands import add_integration
from muster.foundation.access.commands import give_grant
from muster.foundation.access.queries import now
from muster.foundation.timeline.sealer import seal_all
from muster.mobilize.oncall.commands import add_schedule
from muster.processes.doctor import certificate_end
from people import Cast
from processes.running import MUSTER, bare
from senders import make_service

REACHABLE = {
    "MUSTER_EMAIL_URL": "smtp://mail.example.com/?from=muster@example.com",
    "MUSTER_HEARTBEAT_URL": "https://switch.example.com/x",
}


def doctor(**variables: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the findings by check."""
    answer = subprocess.run(
        [MUSTER, "doctor", "--json"], env=bare(**variables), capture_output=True, text=True, check=False
    )
    assert answer.stdout, answer.stderr
    findings = json.loads(answer.stdout)
    assert all(set(finding) == {"check", "finding", "remedy"} for finding in findings)
    assert all("\n" not in finding["finding"] + finding["remedy"] for finding in findings)
    return answer.returncode, {finding["check"]: finding["finding"] for finding in findings}


def see_worker(database: Database) -> None:
    database.as_owner(
        "INSERT INTO timeline_beat (process, kind, version, at) VALUES ('w', 'worker', '', now())"
    )


def test_it_finds_nothing_where_all_is_well(database: Database) -> None:
    see_worker(database)
    assert doctor(MUSTER_DATABASE_URL=database.owner_url, **REACHABLE) == (0, {})


def test_a_day_of_signals_that_nobody_made_is_found(database: Database) -> None:
    """What goes elsewhere would stay for ever."""
    see_worker(database)
    parts = database.as_owner(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'detect_signal'::regclass"
    )
    for (part,) in parts:
        if not part.endswith("default"):
            database.as_owner(f"DROP TABLE {part}")
    code, found = doctor(MUSTER_DATABASE_URL=database.owner_url, **REACHABLE)
    assert (code, list(found)) == (1, ["signals"])
    assert "have no day of their own" in found["signals"]


def test_secrets_that_were_sealed_with_another_key_are_found(database: Database, cast: Cast) -> None:
    see_worker(database)
    service = make_service(actor=system("tests"), at=now())
    add_integration(
        actor=system("tests"),
        at=now(),
        handle="shop",
        kind="sentry",
        service_id=service.pk,
        mapping={"client_secret": "hush"},
    )
    seal_all()
    given = {"MUSTER_DATABASE_URL": database.owner_url, **REACHABLE}
    _, found = doctor(**given, MUSTER_SECRET_KEY="another key that nobody sealed with")
    assert "The secrets of shop were sealed with another key" in found["secrets"]
    assert "secrets" not in doctor(**given)[1]
    assert "secrets" not in doctor(**given, MUSTER_SECRET_KEY=os.environ["MUSTER_SECRET_KEY"])[1]


def test_hours_with_nobody_and_people_who_cannot_be_reached_are_found(database: Database, cast: Cast) -> None:
    """Peers 3b and 9c: also when nobody is on call at all."""
    see_worker(database)
    layer = {"every": "1 week", "start": "2020-01-06T09:00", "people": [cast.id("ana")]}
    for handle, layers in (("primary", [layer]), ("empty", [])):
        spec = {"timezone": "Europe/Madrid", "layers": layers}
        add_schedule(actor=system("tests"), at=now(), handle=handle, name=handle, spec=spec)
    code, found = doctor_lines(MUSTER_DATABASE_URL=database.owner_url, **REACHABLE)
    assert code == 1
    assert found[0].startswith("empty: 100 % uncovered: nobody is on call at all (")
    assert found[1].startswith("primary: Somebody has no proved way of being reached")
    assert "(ana)" in found[1]


def doctor_lines(**variables: str) -> tuple[int, list[str]]:
    """Exit code, and every finding about on-call."""
    answer = subprocess.run(
        [MUSTER, "doctor", "--json"], env=bare(**variables), capture_output=True, text=True, check=False
    )
    return answer.returncode, [
        one["finding"] for one in json.loads(answer.stdout) if one["check"] == "on-call"
    ]


def test_what_is_missing_is_found(database: Database) -> None:
    code, found = doctor(MUSTER_DATABASE_URL=database.owner_url)
    assert code == 1
    assert set(found) == {"channels", "watchdog", "worker"}


@pytest.mark.parametrize(
    ("harm", "check", "says"),
    [
        ("GRANT DELETE ON timeline_event TO muster_app", "roles", "may change events"),
        ("DELETE FROM django_migrations WHERE app = 'timeline'", "schema", "older than this Muster"),
        ("UPDATE timeline_beat SET at = now() - interval '1 minute'", "worker", "nobody is paged"),
        (
            'INSERT INTO timeline_parked ("group", subject, seq, event_id, attempts, error, parked_at)'
            " VALUES ('g', 's:1', 1, 1, 4, 'boom', now())",
            "reactions",
            "1 reactions failed",
        ),
    ],
)
def test_each_harm_is_found(database: Database, harm: str, check: str, says: str) -> None:
    see_worker(database)
    database.as_owner(harm)
    code, found = doctor(MUSTER_DATABASE_URL=database.owner_url, **REACHABLE)
    assert (code, list(found)) == (1, [check])
    assert says in found[check]


def test_who_in_a_team_can_not_be_woken_is_found(
    database: Database, cast: Cast, reach: Callable[[str], None]
) -> None:  # peers 3b
    reach("ana")
    for handle in ("ana", "ben"):
        give_grant(cast.id(handle), "member", "team:7", actor=system("tests"), at=now())
    seal_all()
    see_worker(database)
    code, found = doctor(MUSTER_DATABASE_URL=database.owner_url, **REACHABLE)
    assert (code, found) == (1, {"reach": "Nobody can wake ben: no contact method."})


def test_a_database_that_is_away_is_one_finding(folder: Path) -> None:
    code, found = doctor(MUSTER_DATABASE_URL=f"postgresql://x@/muster?host={folder}", **REACHABLE)
    assert (code, list(found)) == (1, ["database"])


def test_a_file_that_is_no_certificate_is_an_error(folder: Path) -> None:
    (folder / "cert.pem").write_text("no")
    with pytest.raises(ssl.SSLError):
        certificate_end(folder / "cert.pem")


def test_a_mailbox_that_cannot_be_read_is_found(database: Database) -> None:
    """With a reason, without the password; one that can be read is no finding. Nothing in it changes."""
    see_worker(database)
    given = {"MUSTER_DATABASE_URL": database.owner_url, **REACHABLE}
    ours = "alerts=alerts@in.example.com"
    with ImapServer() as box:
        uid = box.deliver(b"To: alerts+k@in.example.com\r\nSubject: Disk full\r\n\r\n97 %\r\n")
        assert doctor(**given, MUSTER_MAIL_IN=box.url(ours)) == (0, {})
        code, found = doctor(**given, MUSTER_MAIL_IN=box.url(ours, password="hush-hush"))
        assert (box.fetched, box.letters[uid].flags) == ([], set())
    assert (code, list(found)) == (1, ["mailbox"])
    assert found["mailbox"].endswith("INBOX at 127.0.0.1: it refuses the user or the password.")
    assert "hush" not in found["mailbox"]
    _, found = doctor(**given, MUSTER_MAIL_IN=box.url(ours))
    assert found["mailbox"].endswith("nobody listens there.")
    _, found = doctor(**given, MUSTER_MAIL_IN="imaps://u:p@mail.example.com/")
    assert "it must name a mailbox" in found["mailbox"]
