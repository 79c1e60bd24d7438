"""The door that looks like an Alertmanager to Prometheus, and what its owner is told."""

from muster.adapters.sources.prometheus.translate import translate
from muster.core.ports.source_form import Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="prometheus",
    name=_("Prometheus (without an Alertmanager)"),
    path="/in/prometheus/{key}/api/v2/alerts",
    instructions=_("Add this to prometheus.yml and reload Prometheus. It needs no Alertmanager."),
    connect="""# posts to {base_url}/in/prometheus/{key}/api/v2/alerts
alerting:
  alertmanagers:
    - scheme: {scheme}
      path_prefix: /in/prometheus/{key}
      static_configs:
        - targets: ["{host}"]
""",
    connect_language="yaml",
)

DOOR = webhook_door(
    "prometheus",
    translate,
    limit_bytes=8 * 1024 * 1024,
    paths=("/in/prometheus/{key}/api/v2/alerts",),
    accepted=lambda _keys: json_reply(200, {}),
)

SOURCE = Source(FORM, (DOOR,))
