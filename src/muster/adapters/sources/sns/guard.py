"""Who may speak through SNS: signed by AWS, of the one topic, of this hour (wire facts 3.4).

The address in the message says where the certificate is and where to confirm, so both are held to AWS' own
hosts before anything is asked there, and asked through the egress guard.
"""

import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from muster.adapters.sources.sns import signature
from muster.core.knock import FetchFailed, Knock
from muster.core.ports.source_form import Admit, Reply, Setting, problem_reply
from muster.core.reading import mapping_of, text_of
from muster.core.text import message_id as _
from muster.core.text import sender_time

AWS = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(\.cn)?")
"""The hosts that may hold a certificate and take a confirmation: SNS of a region, and no bucket that somebody
named like it; no user, no port."""
FRESH = timedelta(hours=1)
_KEYS_LIMIT = 64

SETTINGS = (Setting("topic", _("ARN of the topic (empty: the first that is heard)")),)


class SnsGuard:
    """Judges each message, and confirms a subscription. Safe to use from several threads."""

    def __init__(self, hosts: re.Pattern[str] = AWS) -> None:
        self._hosts = hosts
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}

    def for_settings(self, settings: Mapping[str, str]) -> Admit | None:
        """Always asked, whatever the settings."""
        return self.admit

    def admit(self, knock: Knock) -> Reply | None:
        """None for a message of the topic that AWS signed within the hour, else the refusal.

        Raises `FetchFailed` when AWS could not be asked: SNS tries again.
        """
        message = mapping_of(knock.value)
        if knock.headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
            return _refused(400, "Turn raw message delivery off for this subscription: it comes unsigned.")
        if text_of(message.get("Type")) not in signature.TYPES:
            return _refused(400, "This is no message of SNS: 'Type' is not one of its own.")
        if not self._is_from_aws(message, knock):
            return _refused(403, "The signature is not right, or its certificate is not AWS' own.")
        sent = sender_time(message.get("Timestamp"))
        if sent is None or abs(knock.now - sent) > FRESH:
            return _refused(403, "The message is older than an hour.")
        topic = text_of(message.get("TopicArn"))
        if not topic or topic not in _topics(knock.settings.get("topic") or knock.learn("topic", topic)):
            return _refused(403, "This integration takes messages of another topic.")
        if message["Type"] == "SubscriptionConfirmation":
            return self._confirm(text_of(message.get("SubscribeURL")), knock)
        return None

    def _confirm(self, url: str, knock: Knock) -> Reply | None:
        if not self._is_aws(url):
            return _refused(403, "'SubscribeURL' does not lead to AWS.")
        knock.fetch(url)
        return None

    def _is_from_aws(self, message: Mapping[str, Any], knock: Knock) -> bool:
        url = text_of(message.get("SigningCertURL"))
        if not self._is_aws(url) or not urlsplit(url).path.endswith(".pem"):
            return False
        return signature.is_signed(message, self._key(url, knock))

    def _is_aws(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme == "https" and self._hosts.fullmatch(parts.netloc) is not None

    def _key(self, url: str, knock: Knock) -> RSAPublicKey:
        """The key behind a certificate's address, which AWS never changes: asked for once."""
        with self._lock:
            known = self._keys.get(url)
        if known is not None:
            return known
        try:
            key = signature.public_key(knock.fetch(url))
        except ValueError as why:
            raise FetchFailed("the certificate of SNS cannot be read") from why
        with self._lock:
            if len(self._keys) >= _KEYS_LIMIT:
                self._keys.clear()
            self._keys[url] = key
        return key


def _topics(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _refused(status: int, detail: str) -> Reply:
    return problem_reply(status, "The message is not taken", detail)
