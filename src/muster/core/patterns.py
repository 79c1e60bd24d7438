"""Patterns that people write: RE2, whose time grows with the text alone, and whose memory is bounded."""

import functools
from typing import Any

import re2  # type: ignore[import-untyped]


class BadPattern(ValueError):
    """The pattern cannot be read; its text says why."""


@functools.lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The pattern, ready to be used. Raises `BadPattern`."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as why:
        raise BadPattern(why.args[0].decode("utf-8", "replace") if why.args else "") from why
