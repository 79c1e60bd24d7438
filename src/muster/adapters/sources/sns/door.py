"""The door of SNS and what its owner is told."""

from muster.adapters.sources.sns.guard import SETTINGS, SnsGuard
from muster.adapters.sources.sns.translate import NOT_KEPT, translate
from muster.core.ports.source_form import Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="sns",
    name=_("CloudWatch, through Amazon SNS"),
    path="/in/sns/{key}",
    instructions=_(
        "Subscribe this address to the topic; the subscription is confirmed by itself. Leave raw message "
        "delivery off. Give the alarms the topic for both ALARM and OK."
    ),
    connect="""aws sns subscribe --topic-arn arn:aws:sns:REGION:ACCOUNT:TOPIC \\
  --protocol {scheme} --notification-endpoint {base_url}/in/sns/{key}
aws cloudwatch put-metric-alarm ... \\
  --alarm-actions arn:aws:sns:REGION:ACCOUNT:TOPIC --ok-actions arn:aws:sns:REGION:ACCOUNT:TOPIC
""",
    connect_language="sh",
    settings=SETTINGS,
)

DOOR = webhook_door(
    "sns",
    translate,
    limit_bytes=512 * 1024,
    accepted=lambda keys: json_reply(200, {"status": "accepted", "dedup_keys": list(keys)}),
    guard=SnsGuard().for_settings,
    secrets=NOT_KEPT,
)

SOURCE = Source(FORM, (DOOR,))
