"""The rows of peers.csv about alerts, on-call, escalation and paging, each with journey and planted fault."""

from faults.peers import oncall, paging, storms
from faults.peers.row import Peer

ITEMS = frozenset({*map(str, range(1, 15)), "19", "23"})
"""The items of the requirements' list of pains that this suite answers for."""

PEERS: dict[str, Peer] = {**paging.PEERS, **oncall.PEERS, **storms.PEERS}

OPEN: dict[str, str] = {
    "19a": "there are no voice calls yet (docs/roadmap.md)",
    "23c": "nobody signs in by OIDC yet",
}
"""Rows without a journey, and why."""
