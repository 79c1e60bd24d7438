"""Uptime Kuma's door and what its owner is told."""

from muster.adapters.sources.uptimekuma.translate import NOT_KEPT, translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="uptimekuma",
    name=_("Uptime Kuma"),
    path="/in/uptimekuma/{key}",
    instructions=_(
        "Set up a notification of type Webhook with this address, and apply it to the monitors. A monitor's "
        "tag 'severity' says how severe it is when it is down; without one it counts as an error."
    ),
    connect="""Notification type: Webhook
Post URL: {base_url}/in/uptimekuma/{key}
Request body: Preset - application/json
""",
)

DOOR = webhook_door("uptimekuma", translate, limit_bytes=1024 * 1024, secrets=sorted(NOT_KEPT))

SOURCE = Source(FORM, (DOOR,))
