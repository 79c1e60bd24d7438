"""What senders sent, or would send by their documents: the copies under `tests/wire`."""

import json
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[1] / "wire"


def payload(name: str) -> Any:
    """The body of a documented payload."""
    return json.loads((WIRE / "payloads" / f"{name}.json").read_text())["body"]


def captured(name: str) -> Any:
    """The body of a captured request, decoded."""
    return json.loads((WIRE / "captures" / f"{name}.json").read_text())["body_json"]
