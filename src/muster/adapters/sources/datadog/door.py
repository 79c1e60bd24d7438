"""Datadog's door, and the template to paste into its webhook."""

from muster.adapters.sources.datadog.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="datadog",
    name=_("Datadog"),
    path="/in/datadog/{key}",
    instructions=_(
        "Make a webhook in Datadog's integrations with this address and this payload, and name it in the "
        "monitors' messages: @webhook-muster."
    ),
    connect="""# URL
{base_url}/in/datadog/{key}

# Payload
{
  "id": "$ID",
  "event_type": "$EVENT_TYPE",
  "title": "$EVENT_TITLE",
  "body": "$EVENT_MSG",
  "last_updated": "$LAST_UPDATED",
  "date": "$DATE",
  "org": {"id": "$ORG_ID", "name": "$ORG_NAME"},
  "alert_id": "$ALERT_ID",
  "alert_title": "$ALERT_TITLE",
  "alert_metric": "$ALERT_METRIC",
  "alert_query": "$ALERT_QUERY",
  "alert_scope": "$ALERT_SCOPE",
  "alert_status": "$ALERT_STATUS",
  "alert_transition": "$ALERT_TRANSITION",
  "alert_type": "$ALERT_TYPE",
  "alert_priority": "$ALERT_PRIORITY",
  "alert_cycle_key": "$ALERT_CYCLE_KEY",
  "aggreg_key": "$AGGREG_KEY",
  "hostname": "$HOSTNAME",
  "tags": "$TAGS",
  "link": "$LINK",
  "snapshot": "$SNAPSHOT"
}
""",
)

DOOR = webhook_door("datadog", translate, limit_bytes=1024 * 1024, accepts_form=True)

SOURCE = Source(FORM, (DOOR,))
