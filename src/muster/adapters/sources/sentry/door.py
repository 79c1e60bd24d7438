"""Sentry's door and what its owner is told."""

from muster.adapters.sources.sentry.guard import SETTINGS, guard
from muster.adapters.sources.sentry.translate import translate
from muster.core.ports.source_form import Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="sentry",
    name=_("Sentry"),
    path="/in/sentry/{key}",
    instructions=_(
        "Make an internal integration in Sentry with this webhook URL and “Alert Rule Action” on, subscribe "
        "it to issues, and choose it as the action of your alert rules."
    ),
    connect="""Webhook URL:        {base_url}/in/sentry/{key}
Alert Rule Action:  on
Webhooks:           issue
""",
    settings=SETTINGS,
)

DOOR = webhook_door(
    "sentry",
    translate,
    limit_bytes=2 * 1024 * 1024,
    accepted=lambda keys: json_reply(200, {"status": "accepted", "dedup_keys": list(keys)}),
    guard=guard,
)

SOURCE = Source(FORM, (DOOR,))
