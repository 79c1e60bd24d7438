"""Google Cloud Monitoring's door and what its owner is told."""

from muster.adapters.sources.gcp.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="gcp",
    name=_("Google Cloud Monitoring"),
    path="/in/gcp/{key}",
    instructions=_(
        "Make a webhook notification channel with this address and name it in the alerting policies. Give "
        "each policy a severity; one without counts as an error."
    ),
    connect="""gcloud beta monitoring channels create --display-name=Muster --type=webhook_tokenauth \\
  --channel-labels=url='{base_url}/in/gcp/{key}'
""",
    connect_language="sh",
)

DOOR = webhook_door("gcp", translate, limit_bytes=1024 * 1024)

SOURCE = Source(FORM, (DOOR,))
