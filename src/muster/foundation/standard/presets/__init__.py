"""The Standards that ship with the product: the default, and one overlay per source document (design 8)."""

from functools import cache
from importlib.resources import files
from typing import Final

from muster.core.standard import Standard, parse, to_yaml

DEFAULT: Final = "default"
"""The stricter of all source documents."""

PRESETS: Final = (DEFAULT, "000", "001", "002", "003", "004")
"""The names that `preset` knows; the numbers are those of the source documents."""


class UnknownPreset(LookupError):
    """There is no preset of this name."""


def preset_text(name: str) -> str:
    """Return the YAML text of one file: whole for the default, an overlay for the others.

    Raises:
        UnknownPreset: the name is not one of PRESETS.
    """
    if name not in PRESETS:
        raise UnknownPreset(name)
    return files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")


@cache
def preset(name: str = DEFAULT) -> Standard:
    """Return a preset, complete: what its document does not say it takes from the default.

    Raises:
        UnknownPreset: the name is not one of PRESETS.
    """
    overlays = () if name == DEFAULT else (preset_text(name),)
    return parse(preset_text(DEFAULT), *overlays)


def complete_text(name: str = DEFAULT) -> str:
    """Return a preset as one complete YAML document, ready to be published as a version.

    Raises:
        UnknownPreset: the name is not one of PRESETS.
    """
    return preset_text(name) if name == DEFAULT else to_yaml(preset(name))
