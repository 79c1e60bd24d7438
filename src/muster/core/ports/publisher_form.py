"""How a place for status pages describes itself (design sections 9 and 13)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublisherForm:
    """One kind of place. `name` is a message id: the view words it with gettext."""

    kind: str
    name: str
