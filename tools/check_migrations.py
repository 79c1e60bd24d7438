"""Fails when models changed and no migration says so; unlike makemigrations --check it asks no database."""

import os
import sys

import django
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def main() -> None:
    """Exit 1 with a line for each application that lacks a migration."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "muster.config.settings"
    django.setup()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    if conflicts := loader.detect_conflicts():
        sys.exit(f"Two migrations claim to be the last: {conflicts}")
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=loader.graph)
    for label, migrations in changes.items():
        told = [operation.describe() for migration in migrations for operation in migration.operations]
        print(f"{label} lacks a migration: {'; '.join(told)}")
    sys.exit(1 if changes else 0)


if __name__ == "__main__":
    main()
