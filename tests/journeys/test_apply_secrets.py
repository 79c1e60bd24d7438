"""What an integration is told in secret: applied, exported as a mark, applied again, never in a file."""

from typing import Any

from calling import Call, answer
from muster.detect.models import Integration
from muster.foundation.timeline.models import Event

SECRET = "c1ient-s3cret"
FILE = f"""
version: 1
services:
  - handle: shop
    name: Shop
integrations:
  - handle: shop-sentry
    service: shop
    kind: sentry
    mapping:
      client_secret: {SECRET}
"""


def apply(call: Call, text: str) -> dict[str, Any]:
    """What is done with the integration."""
    plan = answer(call("POST", "/configuration/apply", text))["plan"]
    [step] = [step for step in plan if step["section"] == "integrations"]
    return dict(step)


def test_a_secret_is_applied_exported_as_a_mark_and_changed(call: Call) -> None:
    """I23: the secret stands in no file that we write, and in no event."""
    assert apply(call, FILE)["action"] == "create"
    assert apply(call, FILE)["action"] == "leave"
    exported = call("GET", "/configuration/export").content.decode()
    assert "kept:" in exported
    assert SECRET not in exported
    assert apply(call, exported)["action"] == "leave"
    assert Integration.objects.get().sealed == {"client_secret": SECRET}
    changed = apply(call, FILE.replace(SECRET, "another"))
    assert (changed["action"], list(changed["fields"])) == ("change", ["mapping"])
    assert Integration.objects.get().sealed == {"client_secret": "another"}
    answer(call("POST", "/configuration/apply", exported), 422)
    for secret in (SECRET, "another"):
        assert not Event.objects.filter(payload__icontains=secret).exists()
