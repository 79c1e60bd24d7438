"""AWS on loopback: it signs what SNS would say, has the certificate of that, and hears confirmations."""

import base64
import json
import re
import ssl
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from contracts.payloads import AT, knock
from fakes.webhook import WebhookReceiver, status
from muster.adapters.egress import Egress
from muster.adapters.fetching import fetch
from muster.adapters.peers import Allowed
from muster.adapters.sources.sns.guard import SnsGuard
from muster.core.ports.source_form import Reply

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


class Aws:
    """AWS on loopback: a signer, and a server that has its certificate and hears confirmations."""

    def __init__(self, hook: WebhookReceiver, trusted: str) -> None:
        self.hook = hook
        self.key = rsa.generate_private_key(65537, 2048)
        self.egress = Egress(
            Allowed.parse("127.0.0.0/8"), tls_context=ssl.create_default_context(cadata=trusted)
        )
        self.guard = SnsGuard(re.compile(r"127\.0\.0\.1:\d+"))
        self.learned: dict[str, str] = {}
        hook.answer = status(200, body=self._certificate())

    def _certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
        builder = builder.public_key(self.key.public_key()).serial_number(7)
        builder = builder.not_valid_before(AT).not_valid_after(AT + timedelta(days=1))
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(self, version: str = "2", **members: str) -> dict[str, str]:
        """A notification, or what the members make of it."""
        base = f"https://127.0.0.1:{self.hook.port}"
        message = {
            "Type": "Notification",
            "MessageId": "m-1",
            "TopicArn": TOPIC,
            "Message": "Disk full",
            "Timestamp": "2026-01-01T00:00:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": f"{base}/SimpleNotificationService-1.pem",
        } | members
        if message["Type"] != "Notification":
            message |= {"Token": "t", "SubscribeURL": f"{base}/?Action=ConfirmSubscription&Token=t"}
        names = sorted({*message} - {"SignatureVersion", "SigningCertURL"})
        text = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
        algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
        signature = self.key.sign(text, padding.PKCS1v15(), algorithm)
        return message | {"Signature": base64.b64encode(signature).decode()}

    def ask(
        self, message: Any, settings: dict[str, str] | None = None, now: datetime = AT, **headers: str
    ) -> Reply | None:
        """Knock with a message."""
        body = json.dumps(message).encode()
        asked = knock(
            body,
            settings or {},
            headers,
            now=now,
            fetch=lambda url: fetch(self.egress, url),
            learned=self.learned,
        )
        return self.guard.admit(asked)

    def refused(self, message: Any, settings: dict[str, str] | None = None, now: datetime = AT) -> int | None:
        """The status of the refusal, or None."""
        refusal = self.ask(message, settings, now)
        return refusal.status if refusal else None
