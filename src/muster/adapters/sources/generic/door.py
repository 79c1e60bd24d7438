"""The door for anything that can post JSON or a form, and what its owner is told."""

from muster.adapters.sources.generic.translate import reader, translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="generic",
    name=_("Generic JSON"),
    path="/in/generic/{key}",
    instructions=_(
        "Post JSON or a form with a summary. The same key joins an open alert; status 'resolved' ends it."
    ),
    connect="""curl {base_url}/in/generic/{key} -d '{
  "summary": "Disk full on db-1",
  "severity": "critical",
  "source": "db-1",
  "key": "disk-db-1",
  "status": "firing"
}'
""",
    connect_language="sh",
)

DOOR = webhook_door(
    "generic",
    translate,
    limit_bytes=1024 * 1024,
    methods=("POST", "PUT"),
    accepts_form=True,
    configured=reader,
)

SOURCE = Source(FORM, (DOOR,))
