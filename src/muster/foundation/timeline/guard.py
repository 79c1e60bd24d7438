"""Installs what PostgreSQL refuses by itself: triggers and grants, made afresh at each upgrade."""

from importlib import resources

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from muster.foundation.timeline.models import Anchor, Event, Link, Recorded

APP_ROLE = "muster_app"


def _sql(name: str) -> str:
    text = resources.files(__package__).joinpath("guard.sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {key.strip(): body for key, _, body in parts}[name]


def recorded_models(cursor: CursorWrapper) -> list[type[Recorded]]:
    """Return every model whose rows have a state and whose table is there, by table name.

    (That a migration has not run yet is the schema check's to say.)
    """
    there = set(connection.introspection.table_names(cursor))
    found = [m for m in apps.get_models() if issubclass(m, Recorded) and m._meta.db_table in there]
    return sorted(found, key=lambda model: model._meta.db_table)


def state_columns(model: type[Recorded]) -> list[str]:
    """Return the columns whose change needs an event: all but the key and the counters."""
    columns = [str(f.column) for f in model._meta.concrete_fields if not f.primary_key]
    return [column for column in columns if column not in model.touched]


def install() -> bool:
    """Install triggers and grants; run by the owner after each migration, in one transaction.

    Returns False when the application's role does not exist here: triggers then stand, grants do not, and
    `muster doctor` says so.
    """
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        models = recorded_models(cursor)
        cursor.execute(_sql("functions"))
        for kept in (Event, Link, Anchor):
            cursor.execute(_sql("append_only").format(table=quote(kept._meta.db_table)))
        for model in models:
            table = quote(model._meta.db_table)
            state = ", ".join(quote(column) for column in state_columns(model))
            cursor.execute(_sql("row").format(table=table, state=state, subject_kind=model.subject_kind))
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if cursor.fetchone() is None:
            return False
        cursor.execute(_sql("grants"))
        for model in models:
            cursor.execute(_sql("no_delete").format(table=quote(model._meta.db_table)))
    return True
