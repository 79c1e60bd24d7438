"""What a release does not know of a newer schema must not stop it (reliability I27, docs/upgrading.md)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from muster import __version__
from muster.processes.schema import RUNS_FROM, runs_here

RELEASED = Path(__file__).parent / "released.txt"
"""The migrations of the last release, and in the first line its version."""

_HARMLESS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RunSQL,
    migrations.RunPython,
    migrations.SeparateDatabaseAndState,
)


def demands(operations: Sequence[Operation]) -> Iterator[str]:
    """The operations with which the release before could not live: its rows bring nothing for a new column,
    and it still reads what it knows."""
    for operation in operations:
        if isinstance(operation, _HARMLESS):
            continue
        if isinstance(operation, migrations.AddField):
            field = operation.field
            if field.null or field.db_default is not models.NOT_PROVIDED or field.many_to_many:
                continue
        yield operation.describe()


def test_the_last_release_runs_on_this_schema_or_is_said_not_to() -> None:
    """Raise `RUNS_FROM` when it cannot; otherwise only add, with null or a `db_default`."""
    version, *released = RELEASED.read_text().split()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {
        f"{app}.{name}": migration
        for (app, name), migration in loader.disk_migrations.items()
        if migration.__module__.startswith("muster.")
    }
    assert set(released) <= set(ours), "a released migration is gone"
    found = {
        name: list(demands(migration.operations)) for name, migration in ours.items() if name not in released
    }
    told = {name: said for name, said in found.items() if said}
    assert not told or not runs_here(f"muster {__version__} runs-from {RUNS_FROM}", version), told


def test_the_rule_bites() -> None:
    """A column without a default, one that goes, one that is renamed."""
    text = models.TextField()
    assert [
        *demands([migrations.AddField("alert", "colour", text)]),
        *demands([migrations.RemoveField("alert", "summary")]),
        *demands([migrations.RenameField("alert", "summary", "title")]),
        *demands([migrations.AlterField("alert", "summary", models.IntegerField())]),
    ] == [
        "Add field colour to alert",
        "Remove field summary from alert",
        "Rename field summary on alert to title",
        "Alter field summary on alert",
    ]
    assert not list(demands([migrations.AddField("alert", "colour", models.TextField(null=True))]))
    assert not list(demands([migrations.AddField("alert", "colour", models.TextField(db_default=""))]))
