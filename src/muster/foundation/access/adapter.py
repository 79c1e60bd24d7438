"""What django-allauth may do here: sign in, never sign up by itself."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs up by themselves: deny by default."""
        return False
