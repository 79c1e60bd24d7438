"""New Relic's door and what its owner is told."""

from muster.adapters.sources.newrelic.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="newrelic",
    name=_("New Relic"),
    path="/in/newrelic/{key}",
    instructions=_(
        "Make a webhook destination with this address, name it in a workflow, and add these two lines to the "
        "default payload. Choose to be notified when an issue is activated, acknowledged and closed."
    ),
    connect="""Endpoint URL: {base_url}/in/newrelic/{key}

Payload, two lines more than the default:
  "acknowledgedAt": {{ json acknowledgedAt }},
  "closedAt": {{ json closedAt }},
""",
)

DOOR = webhook_door("newrelic", translate, limit_bytes=1024 * 1024)

SOURCE = Source(FORM, (DOOR,))
