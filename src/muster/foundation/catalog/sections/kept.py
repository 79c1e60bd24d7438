"""What stands for a stored secret in an exported file: only this installation knows it again (I23)."""

from django.utils.crypto import salted_hmac

_KEPT = "kept:"


def mark(secret: str) -> str:
    """The mark of a secret; nobody else can compute it. A mark stays as it is."""
    return secret if is_mark(secret) else _KEPT + salted_hmac("muster.kept", secret).hexdigest()[:16]


def is_mark(text: str) -> bool:
    """Whether this is the mark of a secret, and not one."""
    return text.startswith(_KEPT)
