"""How a stage's `cli.py` speaks to the API: the shape of the client that `processes` hands in.

@app.command("list")
def list_alerts(context: typer.Context, as_json: AsJson = False, limit: Limit = None) -> None:
    rows = client_of(context).every("/alerts", limit=limit)
    show_rows(rows, ["id", "state", "summary"], as_json=as_json)
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, cast

import typer


class ApiProblem(Exception):
    """The API said no, or could not be reached. The message is one sentence for a person.

    `exit_code` is 1 when the request was refused and 3 when nobody answered or the server failed: then the
    same command may be tried again. `errors` are the problem document's, each a mapping.
    """

    def __init__(
        self, sentence: str, *, exit_code: int = 1, errors: tuple[Mapping[str, Any], ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
        self.errors = errors


class ApiClient(Protocol):
    """Speaks to `/api/v1`. Paths begin with a slash and have no prefix; every method raises `ApiProblem`."""

    def get(self, path: str, **query: Any) -> Any:
        """One object."""

    def every(self, path: str, *, limit: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, newest first, page after page; at most `limit`."""

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Do something, once, however often the network makes us try; the answer or None."""

    def ask(self, path: str, body: Any, **query: Any) -> Any:
        """Ask, with a body, what changes nothing."""

    def patch(self, path: str, body: Any, **query: Any) -> Any:
        """Change something."""

    def delete(self, path: str) -> None:
        """Remove something."""

    def send_text(self, path: str, text: str, content_type: str, **query: Any) -> Any:
        """Post a body that is not JSON; the answer is."""

    def get_text(self, path: str, **query: Any) -> str:
        """Get an answer that is not JSON."""


def client_of(context: typer.Context) -> ApiClient:
    """The client of this run, made when it is first asked for (from MUSTER_URL and MUSTER_TOKEN)."""
    return cast(ApiClient, context.obj())
