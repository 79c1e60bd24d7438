"""The Standard in force, and any earlier version."""

from dataclasses import dataclass
from functools import lru_cache

from muster.core.permissions import Actor
from muster.core.standard.document import parse
from muster.core.standard.model import Standard
from muster.foundation.standard.models import StandardVersion
from muster.foundation.standard.presets import preset


@dataclass(frozen=True, slots=True)
class Version:
    """A published version with its parsed Standard."""

    id: int
    number: int
    standard: Standard


@lru_cache(maxsize=32)
def _parsed(body: str) -> Standard:
    return parse(body)


def version_of(version_id: int) -> Version:
    """Return a version by its key; published versions never change, so the parsed form is kept."""
    return _version(StandardVersion.objects.get(pk=version_id))


def current() -> Version:
    """Return the version in force: the newest."""
    return _version(StandardVersion.objects.order_by("-number")[0])


def in_force() -> Standard:
    """The Standard in force; the default where none is published yet."""
    newest = StandardVersion.objects.order_by("-number").first()
    return _version(newest).standard if newest is not None else preset()


def versions(actor: Actor) -> list[StandardVersion]:
    """Every version this actor may see, newest first."""
    return list(StandardVersion.objects.visible_to(actor).order_by("-number"))


def _version(row: StandardVersion) -> Version:
    return Version(row.pk, row.number, _parsed(row.body))
