"""What every page needs: the shell's context."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return nothing yet for people who have not signed in."""
    return {}
