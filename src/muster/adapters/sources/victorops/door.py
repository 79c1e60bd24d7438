"""VictorOps' door, at the path where its senders have it, and what its owner is told."""

from collections.abc import Sequence

from muster.adapters.sources.victorops.translate import translate
from muster.core.ports.source_form import Reply, Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="victorops",
    name=_("VictorOps (Splunk On-Call)"),
    path="/integrations/generic/20131114/alert/{key}/any",
    instructions=_(
        "Leave the sender as it is; give it this address and this key in place of VictorOps'. The routing "
        "key at the end may be any word."
    ),
    connect="""# Alertmanager
receivers:
  - name: muster
    victorops_configs:
      - api_url: "{base_url}/integrations/generic/20131114/alert/"
        api_key: "{key}"
        routing_key: any

# anything else
curl {base_url}/integrations/generic/20131114/alert/{key}/any -d '{"message_type": "CRITICAL",
  "entity_id": "disk-db-1", "entity_display_name": "Disk full on db-1"}'
""",
    connect_language="yaml",
)


def _accepted(keys: Sequence[str]) -> Reply:
    return json_reply(200, {"result": "success", "entity_id": keys[0]})


DOOR = webhook_door(
    "victorops",
    translate,
    limit_bytes=1024 * 1024,
    paths=(
        "/integrations/generic/20131114/alert/{key}/{routing}",
        "/integrations/generic/20131114/alert/{key}",
    ),
    accepted=_accepted,
)

SOURCE = Source(FORM, (DOOR,))
