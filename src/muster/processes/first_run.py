"""What happens once in the life of an installation: organisation, first admin, built-in service, Standard."""

from django.db import connection
from django.urls import reverse

from muster.core.permissions import system
from muster.foundation.access.commands import begin_first_run
from muster.foundation.catalog.commands import ensure_reserved
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.models import StandardVersion
from muster.foundation.standard.presets import DEFAULT, complete_text


def first_run() -> dict[str, str | None]:
    """Do what has not been done yet; safe to repeat after a kill half-way. Django must be set up.

    Returns the API token and the path of the one-time set-up link; both None when they were made before.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        [at] = cursor.fetchone()
    if not StandardVersion.objects.exists():
        publish_standard(complete_text(), actor=system("first_run"), at=at, preset=DEFAULT)
    begun = begin_first_run(at=at)
    ensure_reserved(at=at)
    if begun is None:
        return {"token": None, "setup_path": None}
    return {"token": begun.token, "setup_path": reverse("set_up", args=[begun.setup_secret])}
