"""The rows of peers.csv about on-call, escalation and paging, each with its journey and its planted fault."""

from faults.peers import oncall, paging
from faults.peers.row import Peer

ITEMS = frozenset({*map(str, range(1, 11)), "14", "23"})
"""The items of the requirements' list of pains that this suite answers for."""

PEERS: dict[str, Peer] = {**paging.PEERS, **oncall.PEERS}

OPEN: dict[str, str] = {
    "23c": "nobody signs in by OIDC yet",
}
"""Rows without a journey, and why."""
