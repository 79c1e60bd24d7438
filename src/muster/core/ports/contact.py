"""The port through which a page reaches a person (design sections 7 and 13; reliability I5, I6, V7).

Imported only by what is due, by adapters and by the wiring.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from muster.core.delivery import Accepted
from muster.core.ports.contact_form import ContactForm, Failure, FailureReason, Message
from muster.core.retry import AttemptFailed


@dataclass(frozen=True, slots=True)
class Contact:
    """Where to: one contact of one person. `id` is stable; `values` are the fields of its kind's form."""

    id: str
    kind: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sent:
    """A final positive answer, and nothing less. `receipt` is the provider's own id, for evidence."""

    receipt: str = ""


class SendFailed(Exception):
    """No final positive answer came. `detail` is a status or code for engineers: never a body, never a
    secret.

    `retry_after` is how long the provider asks us to wait, already bounded; None when it did not say.
    """

    def __init__(
        self,
        failure: Failure,
        reason: FailureReason,
        detail: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{failure.value}: {reason.value} {detail}".strip())
        self.failure = failure
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        """Whether no further attempt on this contact can help."""
        return self.failure is Failure.PERMANENT


class ContactChannel(Protocol):
    """One kind of contact, able to send. Safe to call from several threads at once."""

    @property
    def form(self) -> ContactForm:
        """How this kind describes itself."""
        ...

    def send(self, contact: Contact, message: Message) -> Sent:
        """Send once. Returns only after a final positive answer, else raises `SendFailed` and nothing else.

        Takes a bounded time, whatever the other side does. Does not retry.
        """
        ...


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of this installation, by kind."""

    by_kind: Mapping[str, ContactChannel] = field(default_factory=dict)

    def send(self, contact: Contact, message: Message) -> Sent:
        """Send through the channel of the contact's kind; a kind nobody serves fails for good."""
        channel = self.by_kind.get(contact.kind)
        if channel is None:
            raise SendFailed(Failure.PERMANENT, FailureReason.NOT_CONFIGURED, contact.kind)
        return channel.send(contact, message)

    def attempt(self, contact: Contact, message: Message) -> Accepted | AttemptFailed:
        """Send once; what came of it, as it is recorded."""
        try:
            return Accepted(self.send(contact, message).receipt)
        except SendFailed as failed:
            return AttemptFailed(failed.permanent, failed.reason, failed.detail, failed.retry_after)
