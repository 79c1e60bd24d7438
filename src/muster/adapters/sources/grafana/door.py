"""Grafana's door and what its owner is told."""

from muster.adapters.sources.grafana.guard import SETTINGS, guard
from muster.adapters.sources.grafana.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="grafana",
    name=_("Grafana alerting"),
    path="/in/grafana/{key}",
    instructions=_("Add a webhook contact point with this address, and name it in a notification policy."),
    connect="""apiVersion: 1
contactPoints:
  - orgId: 1
    name: muster
    receivers:
      - uid: muster
        type: webhook
        settings:
          url: {base_url}/in/grafana/{key}
          httpMethod: POST
        disableResolveMessage: false
""",
    connect_language="yaml",
    settings=SETTINGS,
)

DOOR = webhook_door("grafana", translate, limit_bytes=8 * 1024 * 1024, methods=("POST", "PUT"), guard=guard)

SOURCE = Source(FORM, (DOOR,))
