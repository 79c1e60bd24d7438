"""A column that holds JSON encrypted at rest: contact values and other secrets (design section 10)."""

import base64
import hashlib
from functools import cache
from typing import Any

import msgspec
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import models


@cache
def _fernet(secret: str) -> Fernet:
    key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"muster sealed").digest()
    return Fernet(base64.urlsafe_b64encode(key))


class SealedJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON, encrypted with a key made from `MUSTER_SECRET_KEY`; it cannot be searched in the database."""

    def get_prep_value(self, value: Any) -> Any:
        """Return the encrypted text that is stored."""
        return None if value is None else seal(value)

    def from_db_value(self, value: Any, *_: object) -> Any:
        """Return what was sealed."""
        return None if value is None else unseal(value)

    def to_python(self, value: Any) -> Any:
        """Values are plain on the Python side."""
        return value

    def pen_value(self, value: Any) -> Any:
        """What the pen writes."""
        return self.get_prep_value(value)


def seal(value: Any) -> str:
    """Encrypt a JSON value."""
    return _fernet(settings.SECRET_KEY).encrypt(msgspec.json.encode(value)).decode()


def unseal(token: str) -> Any:
    """Decrypt what `seal` made; raises `cryptography.fernet.InvalidToken` when the key is another."""
    return msgspec.json.decode(_fernet(settings.SECRET_KEY).decrypt(token))
