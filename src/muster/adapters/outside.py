"""What a channel is made from: the one way out, and what the admin said in the environment."""

from dataclasses import dataclass, field

from muster.adapters.egress import Egress


@dataclass(frozen=True, slots=True)
class Outside:
    """Handed to `open_channel` of every folder under `adapters/contacts`. Its text shows no secret."""

    egress: Egress
    secret_key: str = field(repr=False)
    base_url: str = ""
    email_url: str = field(default="", repr=False)
