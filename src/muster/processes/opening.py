"""The database of an installation, for commands that read it from beside: `verify`, `doctor`, `db`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.config.environment import read_environment
from muster.processes.account import service_user
from muster.processes.data_folder import DataFolder, default_folder
from muster.processes.postgres import Cluster
from muster.processes.problems import CannotStart


def data_path(given: Path | None) -> Path:
    """The data folder meant: the one given, else MUSTER_DATA, else the default. Raises CannotStart when
    missing.
    """
    path = (given or read_environment().data or default_folder()).expanduser().absolute()
    if not path.is_dir():
        raise CannotStart(f"There is no data folder {path}: say which with --data.")
    return path


@contextmanager
def open_database(data: Path | None) -> Iterator[str]:
    """The connection URL of the database: of `data` when given, else of MUSTER_DATABASE_URL, else of the data
    folder.

    A data folder whose Muster runs is read as it runs; otherwise its PostgreSQL is started for the time
    being. Raises CannotStart with one line.
    """
    url = read_environment().database_url
    if url and data is None:
        yield url
        return
    path = data_path(data)
    user = service_user()
    cluster = Cluster(path, user=user)
    if not (cluster.folder / "PG_VERSION").exists():
        raise CannotStart(f"{path} holds no database: say which data folder with --data.")
    if cluster.accepts():
        yield cluster.dsn()
        return
    folder = DataFolder(path, owner=user)
    folder.open()
    try:
        cluster.start()
        cluster.wait_ready()
        yield cluster.dsn()
    finally:
        cluster.stop()
        folder.release()
