"""What django-allauth may do here: sign in, never sign up by itself."""

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.urls import reverse

from muster.foundation.access.requests import base_url


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs up by themselves: deny by default."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Where a new password is chosen: at our own address, whatever host the request named."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return base_url(self.request) + path.replace("UID-KEY", quote(key))
