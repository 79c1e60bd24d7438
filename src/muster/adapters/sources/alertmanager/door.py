"""Alertmanager's door and what its owner is told."""

from muster.adapters.sources.alertmanager.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="alertmanager",
    name=_("Prometheus Alertmanager"),
    path="/in/alertmanager/{key}",
    instructions=_("Add this receiver to alertmanager.yml, name it in a route, and reload Alertmanager."),
    connect="""receivers:
  - name: muster
    webhook_configs:
      - url: "{base_url}/in/alertmanager/{key}"
        send_resolved: true
route:
  receiver: muster
""",
    connect_language="yaml",
)

DOOR = webhook_door("alertmanager", translate, limit_bytes=8 * 1024 * 1024)

SOURCE = Source(FORM, (DOOR,))
