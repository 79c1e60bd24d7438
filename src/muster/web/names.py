"""A request's headers as the sources see them."""

from collections.abc import Iterator, Mapping

from muster.web.asgi_types import Headers


class Names(Mapping[str, str]):
    """A request's headers by lower-case name, decoded only when somebody looks."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        wanted = name.encode("latin-1", "replace")
        for key, value in self._headers:
            if key == wanted:
                return value.decode("latin-1")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.decode("latin-1") for key, _ in self._headers))

    def __len__(self) -> int:
        return len({key for key, _ in self._headers})
