"""`muster db migrate`: the schema brought to this version, with its triggers and grants. Runs as the owner
role.
"""

from django.core.management import call_command

from muster.foundation.timeline import guard


def migrate() -> None:
    """Apply what is missing and install the guard afresh. Django must be set up, as the owner."""
    call_command("migrate", verbosity=0, interactive=False)
    guard.install()
