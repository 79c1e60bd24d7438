"""What a process of ours needs around it before Django starts: the environment completed, and checked."""

import os
from pathlib import Path

import django

from muster.config.environment import Environment, read_environment
from muster.foundation import failpoints
from muster.processes.problems import CannotStart
from muster.processes.provision import application_role


def enter(process: str) -> Environment:
    """Complete and check the environment of `process` ("muster web"), then set Django up.

    A process that `muster up` started finds everything set. One started by hand needs MUSTER_DATABASE_URL and
    the secret its siblings use: MUSTER_SECRET_KEY, or MUSTER_DATA with the secret in it. Raises Misconfigured
    or CannotStart with one line.
    """
    env = read_environment()
    if not env.database_url:
        raise CannotStart(
            f"MUSTER_DATABASE_URL is not set: {process} needs it (muster up brings a PostgreSQL of its own)."
        )
    if "MUSTER_SECRET_KEY" not in os.environ:
        os.environ["MUSTER_SECRET_KEY"] = _kept_secret(env.data, process)
    if "MUSTER_DATABASE_ROLE" not in os.environ:
        os.environ["MUSTER_DATABASE_ROLE"] = application_role(env.database_url)
    try:
        failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    except failpoints.NotAllowed as why:
        raise CannotStart(str(why)) from None
    set_up_django()
    return read_environment()


def enter_as(url: str, role: str = "") -> None:
    """Django on a database opened from beside (`opening.open_database`); no secret is needed to read."""
    os.environ |= {"MUSTER_DATABASE_URL": url, "MUSTER_DATABASE_ROLE": role}
    set_up_django()


def set_up_django() -> None:
    """Django with our settings; the environment must be complete."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "muster.config.settings"
    django.setup()


def _kept_secret(data: Path | None, process: str) -> str:
    try:
        return ((data or Path("/nonexistent")) / "secret_key").read_text().strip()
    except OSError as error:
        raise CannotStart(
            f"MUSTER_SECRET_KEY is not set: {process} needs the one its siblings use, or MUSTER_DATA with it."
        ) from error
