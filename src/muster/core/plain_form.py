"""Reading plain data (what JSON and YAML hold) strictly: a fault is named by its path and a reason."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class FormReason(StrEnum):
    """What is wrong with one place of the data; doors word it."""

    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"
    NOT_A_LIST = "not_a_list"
    NOT_AN_OBJECT = "not_an_object"
    NOT_READABLE = "not_readable"
    OUT_OF_RANGE = "out_of_range"
    EMPTY = "empty"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_TARGET = "unknown_target"
    STANDS_ALONE = "stands_alone"
    ENDS_BEFORE_IT_STARTS = "ends_before_it_starts"


class FormFault(ValueError):
    """Data that does not say what it should; `path` reads like `layers.0.every`, `fact` is what is there."""

    def __init__(self, path: str, reason: FormReason, fact: object = "") -> None:
        super().__init__(f"{path}: {reason.value} {str(fact)[:80]}".rstrip())
        self.path = path
        self.reason = reason
        self.fact = str(fact)[:80]


_REQUIRED = object()


class Form:
    """One object of the data and where it stands."""

    def __init__(self, data: object, path: str, keys: frozenset[str]) -> None:
        if not isinstance(data, Mapping):
            raise FormFault(path, FormReason.NOT_AN_OBJECT, data)
        for key in data:
            if key not in keys:
                raise FormFault(f"{path}.{key}".lstrip("."), FormReason.UNKNOWN_KEY)
        self._data: Mapping[str, Any] = data
        self._path = path

    def at(self, key: str) -> str:
        """The path of a key."""
        return f"{self._path}.{key}".lstrip(".")

    def read(self, key: str, convert: Callable[[Any], T], default: object = _REQUIRED) -> T:
        """The value of a key, converted; its default (converted too) when it is absent or null."""
        value = self._data.get(key)
        if value is None:
            if default is _REQUIRED:
                raise FormFault(self.at(key), FormReason.MISSING)
            value = default
        try:
            return convert(value)
        except FormFault:
            raise
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            raise FormFault(self.at(key), FormReason.NOT_READABLE, value) from error

    def items(self, key: str) -> Iterator[tuple[str, Any]]:
        """The (path, value) pairs of a list; an absent one is empty."""
        values = self._data.get(key)
        if values is None:
            return
        if not isinstance(values, (list, tuple)):
            raise FormFault(self.at(key), FormReason.NOT_A_LIST, values)
        for index, value in enumerate(values):
            yield f"{self.at(key)}.{index}", value


def whole(value: object) -> int:
    """A whole number, and not a truth value or a text; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a whole number")
    return value
