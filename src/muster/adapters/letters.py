"""The letters that django-allauth writes to somebody who forgot their password; pages go another way.

They leave in a thread of their own: a mail server that hangs keeps nobody from signing in, and how long an
answer takes does not tell whether an address is known here.
"""

import logging
import smtplib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

WAITING = 50
"""So many letters wait for the server at most; allauth lets each address and each visitor ask but rarely."""
log = logging.getLogger(__name__)
_thread = ThreadPoolExecutor(1, thread_name_prefix="letters")
_waiting: set[Future[None]] = set()


class Backend(EmailBackend):
    """Hands letters to the server that `EMAIL_HOST` names; without one they are only logged."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Take letters; returns how many will be tried. What became of them stands in the log."""
        if not self.host or len(_waiting) >= WAITING:
            log.warning("a letter was not sent: %s", "too many wait" if self.host else "no mail server")
            return 0
        task = _thread.submit(self._deliver, list(email_messages))
        _waiting.add(task)
        task.add_done_callback(_waiting.discard)
        return len(email_messages)

    def _deliver(self, letters: list[EmailMessage]) -> None:
        try:
            super().send_messages(letters)
        except (OSError, smtplib.SMTPException) as why:
            log.warning("a letter was not sent: %s", why)
