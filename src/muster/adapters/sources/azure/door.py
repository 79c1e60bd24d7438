"""Azure Monitor's door and what its owner is told."""

from muster.adapters.sources.azure.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="azure",
    name=_("Azure Monitor"),
    path="/in/azure/{key}",
    instructions=_(
        "Add a webhook action to the action group of your alert rules, and switch on the common alert schema "
        "for it."
    ),
    connect="""az monitor action-group create --resource-group GROUP --name muster --short-name muster \\
  --action webhook muster '{base_url}/in/azure/{key}' usecommonalertschema
""",
    connect_language="sh",
)

DOOR = webhook_door("azure", translate, limit_bytes=1024 * 1024)

SOURCE = Source(FORM, (DOOR,))
