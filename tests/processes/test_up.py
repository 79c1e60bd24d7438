"""`muster up`, as a person starts, kills and stops it."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from muster.processes.postgres import Cluster
from processes.running import Up, eventually, gone, refused, up


@pytest.fixture(scope="module")
def data(scratch: Path) -> Path:
    return scratch / "installation"


@pytest.fixture(scope="module")
def first(data: Path) -> Iterator[Up]:
    """The first run of a data folder, over HTTPS; the tests of this module live on it in order."""
    certificate, key = self_signed(data.parent)
    with up("--data", str(data), "--tls-cert", str(certificate), "--tls-key", str(key)) as running:
        yield running


def test_it_prints_one_line_with_everything_needed(first: Up, data: Path) -> None:
    assert set(first.ready) == {"url", "data", "database", "setup_url", "token"}
    assert first.ready["data"] == str(data)
    assert first.ready["setup_url"].startswith(first.url + "/")
    assert len(first.ready["token"]) > 20
    with psycopg.connect(first.ready["database"]) as connection:
        assert connection.execute("SELECT count(*) FROM django_migrations").fetchone() != (0,)


def test_with_a_certificate_it_speaks_https(first: Up) -> None:
    assert first.url.startswith("https://")
    assert first.ready["setup_url"].startswith("https://")


def test_a_person_finds_a_page_and_the_children_are_named_for_what_they_are(first: Up) -> None:
    assert first.status("/healthz") == 200
    assert first.status("/readyz") == 200
    assert first.status("/") == 200
    assert set(first.children()) == {"muster web", "muster worker", "postgres -D"}


def test_the_application_can_not_rewrite_the_timeline(first: Up) -> None:
    with psycopg.connect(first.ready["database"]) as connection:
        connection.execute("SET ROLE muster_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM timeline_event")


@pytest.mark.parametrize("name", ["muster web", "muster worker", "postgres -D"])
def test_a_killed_child_is_replaced_and_the_page_comes_back(first: Up, name: str) -> None:
    before = first.children()[name]
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: first.children().get(name, before) != before)
    assert eventually(lambda: first.status("/readyz") == 200)


def test_two_can_not_run_on_one_data_folder(first: Up, data: Path) -> None:
    assert "Another Muster runs on" in refused("up", "--data", str(data), "--port", "0")


def test_killed_it_takes_all_along_and_starts_again_at_once(data: Path, first: Up) -> None:
    children = first.children().values()
    first.stop(signal.SIGKILL)
    with up("--data", str(data)) as second:
        assert all(gone(pid) for pid in children)
        assert second.ready["token"] is None
        assert second.status("/") == 200
        children = second.children().values()
        assert second.stop() == 0
        assert all(gone(pid) for pid in children)


def test_a_port_in_use_is_told_before_anything_is_made(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused("up", "--data", str(folder / "data"), "--port", str(port))
    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert not (folder / "data").exists()


def test_a_foreign_folder_is_told(folder: Path) -> None:
    (folder / "letters.txt").write_text("dear")
    assert "not Muster's" in refused("up", "--data", str(folder), "--port", "0")


def test_a_misconfigured_variable_stops_the_start_and_is_named(folder: Path) -> None:
    line = refused("up", "--data", str(folder / "data"), "--port", "0", MUSTER_EMAIL_URL="mail.example.com")
    assert line.startswith("muster: MUSTER_EMAIL_URL must begin with smtp://")
    assert not (folder / "data").exists()


def test_a_database_that_does_not_answer_is_told(folder: Path) -> None:
    url = f"postgresql://nobody@/muster?host={folder}"
    line = refused("up", "--data", str(folder / "data"), "--port", "0", MUSTER_DATABASE_URL=url)
    assert "the database does not answer" in line


def test_a_given_database_is_made_ready_and_used_as_the_application_role(
    folder: Path, cluster: Cluster
) -> None:
    url = cluster.dsn("given")
    # As root, web and worker become another user than this cluster's.
    for closed in (cluster.data, cluster.socket_folder, *cluster.socket_folder.glob(".s.PGSQL.*")):
        closed.chmod(0o777 if closed.is_socket() else 0o755)
    with up("--data", str(folder / "data"), MUSTER_DATABASE_URL=url) as running:
        assert running.ready["database"] == url
        assert set(running.children()) == {"muster web", "muster worker"}
        with psycopg.connect(cluster.dsn("given"), autocommit=True) as connection:
            owners = connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            )
            assert owners.fetchall() == [("muster_owner",)]
    with psycopg.connect(cluster.dsn("given"), autocommit=True) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'timeline'")
        shared = {"MUSTER_DATABASE_URL": url, "MUSTER_SECRET_KEY": "k" * 40}
        assert "older than this Muster" in refused("web", "--port", "0", **shared)
        connection.execute("INSERT INTO django_migrations VALUES (DEFAULT, 'timeline', '9999_later', now())")
    assert "muster db migrate" in refused("worker", **shared)


def test_a_certificate_without_its_key_is_told(folder: Path) -> None:
    certificate, _ = self_signed(folder)
    assert "go together" in refused("up", "--data", str(folder / "data"), "--tls-cert", str(certificate))
    (folder / "not.pem").write_text("x")
    both = ("--tls-cert", str(certificate), "--tls-key", str(folder / "not.pem"))
    assert "not a PEM pair" in refused("web", *both)


def test_web_by_hand_says_what_it_needs() -> None:
    assert "MUSTER_DATABASE_URL is not set" in refused("web", "--port", "0")
    assert "MUSTER_SECRET_KEY is not set" in refused(
        "worker", MUSTER_DATABASE_URL="postgresql://x@127.0.0.1/x"
    )


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"
