"""The move of a data folder to a newer PostgreSQL (design section 2).

The old programs dump into a new cluster beside the old one; row counts and sequences are compared, the chain
is verified there, and only then the two change places. The old cluster is kept until `forget`.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql

from muster.processes.binaries import NEWEST_MAJOR, wheel_majors
from muster.processes.postgres import SUPERUSER, Cluster, explain
from muster.processes.problems import CannotStart
from muster.processes.swap import NEW, OLD, finish_swap, kept, swap

DATABASE = "muster"

Counts = dict[str, int]
Verify = Callable[[str], None]


def upgrade(data: Path, *, user: str | None, verify: Verify, tell: Callable[[str], None]) -> None:
    """Move the cluster in `data`, whose lock the caller holds, to the newest major this Muster carries.

    `verify` gets the connection URL of the copied database and raises CannotStart when its chain does not
    hold. Raises CannotStart with one line; the old cluster then stands where it stood, unchanged.
    """
    finish_swap(data)
    old = Cluster(data, user=user)
    if not (old.folder / "PG_VERSION").exists():
        raise CannotStart(f"{data} holds no PostgreSQL cluster: there is nothing to upgrade.")
    if old.major >= NEWEST_MAJOR or NEWEST_MAJOR not in wheel_majors():
        tell(f"{data} is on PostgreSQL {old.major}, the newest this Muster carries.")
        return
    shutil.rmtree(data / NEW, ignore_errors=True)
    new = Cluster(data, user=user, folder=NEW, major=NEWEST_MAJOR)
    with ExitStack() as running:
        for cluster in (old, new):
            cluster.ensure_initialised()
            cluster.start()
            running.callback(cluster.stop)
            cluster.wait_ready()
        tell(f"Copying from PostgreSQL {old.major} to {new.major}")
        _copy_roles(old, new)
        for name in _databases(old):
            _copy_database(old, new, name)
            _compare(old, new, name)
            if name == DATABASE:
                verify(new.dsn(name))
    major = old.major
    swap(data, major)
    tell(f"{data} is on PostgreSQL {NEWEST_MAJOR}. The old cluster is kept until muster db upgrade --forget.")


def forget(data: Path) -> list[str]:
    """Remove the clusters kept by upgrades, and their programs. Returns what was removed."""
    removed = []
    for old in kept(data):
        shutil.rmtree(old)
        shutil.rmtree(data / "pg" / old.name.removeprefix(OLD), ignore_errors=True)
        removed.append(old.name)
    return removed


def _databases(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        query = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
        return [str(name) for (name,) in connection.execute(query).fetchall()]


def _copy_roles(old: Cluster, new: Cluster) -> None:
    """Roles and who is member of what. The superuser is there already, so its CREATE ROLE is left out."""
    dump = _run(old, [str(old.programs / "pg_dumpall"), "--roles-only", *_where(old, "postgres")])
    lines = [line for line in dump.splitlines() if not line.startswith(f"CREATE ROLE {SUPERUSER};")]
    _run(new, [str(new.programs / "psql"), *_psql(new, "postgres")], given="\n".join(lines))


def _copy_database(old: Cluster, new: Cluster, name: str) -> None:
    with psycopg.connect(old.dsn("postgres")) as connection:
        query = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
        [owner] = connection.execute(query, [name]).fetchone() or (SUPERUSER,)
    with psycopg.connect(new.dsn("postgres"), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(str(owner))))
    unload = [str(old.programs / "pg_dump"), *_where(old, name)]
    dump = old.popen(unload, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    load = [str(new.programs / "psql"), *_psql(new, name), "--single-transaction"]
    loading = new.popen(load, stdin=dump.stdout, stderr=subprocess.PIPE)
    _, refused = loading.communicate()
    _, complaint = dump.communicate()
    if dump.returncode != 0 or loading.returncode != 0:
        words = (complaint + refused).decode(errors="replace")
        raise CannotStart(f"The upgrade stopped: {explain(words, old.data)}")


def _compare(old: Cluster, new: Cluster, name: str) -> None:
    before, after = counts(old.dsn(name)), counts(new.dsn(name))
    if before != after:
        wrong = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        raise CannotStart(
            f"The upgrade stopped: {wrong[0]} differs after the copy; the old cluster is unchanged."
        )


def counts(url: str) -> Counts:
    """Rows of each table and last value of each sequence, by qualified name."""
    found: Counts = {}
    with psycopg.connect(url) as connection:
        tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
        for schema, table in connection.execute(tables).fetchall():
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
            [number] = connection.execute(query).fetchone() or (0,)
            found[f"{schema}.{table}"] = int(number)
        sequences = "SELECT schemaname, sequencename, coalesce(last_value, 0) FROM pg_sequences"
        for schema, sequence, value in connection.execute(sequences).fetchall():
            found[f"{schema}.{sequence} (sequence)"] = int(value)
    return found


def _where(cluster: Cluster, name: str) -> list[str]:
    return ["--dbname", cluster.dsn(name)]


def _psql(cluster: Cluster, name: str) -> list[str]:
    return [
        "--no-psqlrc",
        "--quiet",
        "--set",
        "ON_ERROR_STOP=1",
        "--output",
        os.devnull,
        *_where(cluster, name),
    ]


def _run(cluster: Cluster, command: list[str], given: str | None = None) -> str:
    pipe = subprocess.PIPE
    process = cluster.popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    out, words = process.communicate((given or "").encode())
    if process.returncode != 0:
        raise CannotStart(f"The upgrade stopped: {explain(words.decode(errors='replace'), cluster.data)}")
    return out.decode()
