"""Configured things as they stand, and written as a file (`muster export`)."""

import dataclasses
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

import yaml

from muster.core.permissions import Actor, Right, require
from muster.core.wallclock import format_duration
from muster.foundation.catalog import configuration
from muster.foundation.catalog.configuration import Section
from muster.web.configuration.document import VERSION
from muster.web.configuration.plan import Standing

_OWN = "muster"
"""What Muster itself made (the service `muster`) is no part of a file."""


def standing_now() -> Standing:
    """All configured things, by section and handle."""
    return {section.name: section.current() for section in configuration.sections()}


def export_configuration(actor: Actor) -> str:
    """The live configuration as YAML that `apply` reads back and leaves everything as it is.

    Raises:
        Refused: not an admin (contact addresses are in it).
    """
    require(actor, Right.CONFIGURE)
    written: dict[str, Any] = {"version": VERSION}
    for section in configuration.sections():
        entries = _entries(section)
        if entries:
            written[section.name] = entries[0] if section.is_single else entries
    return yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _entries(section: Section[Any]) -> list[dict[str, Any]]:
    live = [found for found in section.current().values() if not found.is_retired and found.made_by != _OWN]
    return [_plain(found.form) for found in live]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = {
            field.name.rstrip("_"): _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return {key: item for key, item in pairs.items() if item not in (None, "", [], {})}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return str(value) if isinstance(value, StrEnum) else value


class _Dumper(yaml.SafeDumper):
    """Text that YAML would take for something else stays quoted; no anchors for what stands twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write equal things out each time."""
        return True
