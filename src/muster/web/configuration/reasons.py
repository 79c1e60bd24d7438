"""Why a configuration is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.refusal import Refused


class Configuration(StrEnum):
    """The one reason; its findings say the rest."""

    INVALID = "configuration_invalid"


REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Configuration.INVALID: (422, _("The configuration was refused and nothing was changed: %(first)s")),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a file: its line (from 1), where in the document, and what to change."""

    line: int
    path: str
    reason: str


def refusal(findings: Iterable[Finding]) -> Refused:
    """A refusal with every finding, in the order of the lines; problem documents list them as `errors`."""
    ordered = sorted(findings, key=lambda finding: finding.line)
    first = f"line {ordered[0].line}: {ordered[0].reason}"
    return Refused(
        Configuration.INVALID, {"first": first, "errors": [asdict(finding) for finding in ordered]}
    )
