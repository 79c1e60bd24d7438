"""Times are loaded by psycopg's compiled loader, and are what they would be by Django's."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.pq import Format

from database import Database
from muster.foundation.timeline import instants


def loaded(value: object) -> object:
    """A time, there and back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [value])
        return cursor.fetchone()[0]


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_time_comes_back_in_utc(database: Database, at: datetime) -> None:
    """The same instant to the microsecond, and `UTC` itself: code asks `tzinfo is UTC`."""
    found = loaded(at)
    assert isinstance(found, datetime)
    assert found == at.astimezone(UTC)  # times that a clock shows twice equal none of another zone
    assert found.tzinfo is UTC


def test_the_loader_is_ours_and_compiled(database: Database) -> None:
    """Or a page of a thousand rows would spend its time on times."""
    connection.ensure_connection()
    oid = psycopg.adapters.types["timestamptz"].oid
    loader = connection.connection.adapters.get_loader(oid, Format.TEXT)
    assert loader is instants._UtcLoader
    assert instants._compiled.__module__ == "psycopg_binary._psycopg"


@pytest.mark.parametrize("said", ["infinity", "-infinity", "4713-01-01 00:00+00 BC"])
def test_what_python_cannot_hold_is_an_error(database: Database, said: str) -> None:
    """As it is by Django's own."""
    with pytest.raises(DataError):
        loaded(said)
