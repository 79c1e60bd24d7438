"""The door for suppliers' status pages and what its owner is told."""

from muster.adapters.sources.statuspage.translate import NOT_KEPT, translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="statuspage",
    name=_("Supplier's status page"),
    path="/in/statuspage/{key}",
    instructions=_(
        "On the supplier's status page choose to subscribe by webhook, with this address and an e-mail "
        "address that somebody reads: it is told when the webhook fails."
    ),
    connect="""Webhook: {base_url}/in/statuspage/{key}
""",
)

DOOR = webhook_door("statuspage", translate, limit_bytes=1024 * 1024, secrets=NOT_KEPT)

SOURCE = Source(FORM, (DOOR,))
