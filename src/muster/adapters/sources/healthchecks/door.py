"""healthchecks.io's door and what its owner is told."""

from muster.adapters.sources.healthchecks.translate import SECRET_ADDRESSES, translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="healthchecks",
    name=_("healthchecks.io"),
    path="/in/healthchecks/{key}",
    instructions=_(
        "Add a Webhook integration. The address and the body are the same for a check that goes down and for "
        "one that goes up. A tag such as severity=critical says how severe a missed check is."
    ),
    connect="""POST {base_url}/in/healthchecks/{key}

{
  "code": "$CODE",
  "status": "$STATUS",
  "now": "$NOW",
  "exit_status": "$EXITSTATUS",
  "body": $BODY_JSON,
  "check": $JSON
}
""",
)

DOOR = webhook_door(
    "healthchecks",
    translate,
    limit_bytes=1024 * 1024,
    methods=("POST", "PUT"),
    secrets=sorted(SECRET_ADDRESSES),
)

SOURCE = Source(FORM, (DOOR,))
