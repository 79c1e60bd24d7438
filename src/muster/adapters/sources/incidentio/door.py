"""incident.io's doors, at the paths where its senders have them, and what their owner is told."""

from collections.abc import Sequence

from muster.adapters.sources.incidentio.translate import translate, translate_group
from muster.core.ports.source_form import Reply, Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="incidentio",
    name=_("incident.io alert source"),
    path="/v2/alert_events/http/{key}",
    instructions=_(
        "Leave the sender as it is; give it this address in place of incident.io's. Any bearer token will do."
    ),
    connect="""# Alertmanager 0.29 and later
receivers:
  - name: muster
    incidentio_configs:
      - url: "{base_url}/v2/alert_events/alertmanager/{key}"
        alert_source_token: "any"

# anything else
curl {base_url}/v2/alert_events/http/{key} -d '{"title": "Disk full",
  "deduplication_key": "disk-db-1", "status": "firing", "metadata": {"service": "orders"}}'
""",
    connect_language="yaml",
)


def _accepted(keys: Sequence[str]) -> Reply:
    told = {"deduplication_key": keys[0]} if len(keys) == 1 else {}
    return json_reply(202, {"status": "success", "message": "Event accepted for processing", **told})


DOOR = webhook_door(
    "incidentio",
    translate,
    limit_bytes=1024 * 1024,
    paths=("/v2/alert_events/http/{key}",),
    accepted=_accepted,
)

GROUPS = webhook_door(
    "incidentio",
    translate_group,
    name="incidentio-groups",
    limit_bytes=8 * 1024 * 1024,
    paths=("/v2/alert_events/alertmanager/{key}",),
    accepted=_accepted,
)

SOURCE = Source(FORM, (DOOR, GROUPS))
