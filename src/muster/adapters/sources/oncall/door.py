"""Grafana OnCall's doors, at the paths where its senders have them, and what their owner is told."""

from muster.adapters.sources.oncall.translate import translate, translate_group
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="oncall",
    name=_("Grafana OnCall webhook"),
    path="/integrations/v1/formatted_webhook/{key}/",
    instructions=_(
        "Give this address to whatever posts to Grafana OnCall's formatted webhook; for Alertmanager and "
        "Grafana, the other two."
    ),
    connect="""# the formatted webhook
{base_url}/integrations/v1/formatted_webhook/{key}/
# Alertmanager
{base_url}/integrations/v1/alertmanager/{key}/
# Grafana alerting
{base_url}/integrations/v1/grafana_alerting/{key}/
""",
)

DOOR = webhook_door(
    "oncall",
    translate,
    limit_bytes=1024 * 1024,
    paths=("/integrations/v1/formatted_webhook/{key}", "/in/oncall/{key}"),
    accepts_form=True,
)

GROUPS = webhook_door(
    "oncall",
    translate_group,
    name="oncall-groups",
    limit_bytes=8 * 1024 * 1024,
    paths=("/integrations/v1/alertmanager/{key}", "/integrations/v1/grafana_alerting/{key}"),
    methods=("POST", "PUT"),
)

SOURCE = Source(FORM, (DOOR, GROUPS))
