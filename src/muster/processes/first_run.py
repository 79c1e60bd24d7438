"""What happens once in the life of an installation; `muster up` runs it in a child process of its own.

Prints one line of JSON: the API token and the path of the one-time set-up link, both null when that was done
before.
"""

import json

from muster.core.permissions import system
from muster.foundation.access.commands import begin_first_run
from muster.foundation.access.queries import now
from muster.foundation.catalog.commands import ensure_reserved
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.models import StandardVersion
from muster.foundation.standard.presets import DEFAULT, preset_text

SETUP_PATH = "/set-up/{secret}/"


def first_run() -> None:
    """Make the organisation, its first admin, the service `muster` and the Standard, each once."""
    begun = begin_first_run(at=now())
    ensure_reserved(at=now())
    if not StandardVersion.objects.exists():
        publish_standard(preset_text(DEFAULT), actor=system("first_run"), at=now(), preset=DEFAULT)
    path = SETUP_PATH.format(secret=begun.setup_secret) if begun else None
    print(json.dumps({"token": begun.token if begun else None, "setup_path": path}))
