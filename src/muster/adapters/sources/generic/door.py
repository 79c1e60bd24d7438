"""The door for anything that can post JSON or a form, and what its owner is told."""

from muster.adapters.sources.generic.translate import Mapped, reader, translate
from muster.core.ports.source_form import MappedField, Source, SourceForm, webhook_door
from muster.core.text import message_id as _

_USUAL = Mapped()
_WORDS = _("Words with commas, as they stand in the status.")
_NEEDED = _("Needed: what opens an alert without it is rejected.")
_SAME = _("What is the same for the same trouble. Without it, one is made of the texts below.")
_HOLDS = _("A time ahead: it is over then, unless it is sent again.")
_LABELS = {
    "summary": (_("Summary"), _NEEDED),
    "key": (_("Key"), _SAME),
    "status": (_("Status"), ""),
    "resolve_when": (_("It is over when the status is"), _WORDS),
    "acknowledge_when": (_("Somebody has it when the status is"), _WORDS),
    "severity": (_("Severity"), ""),
    "source": (_("Source"), ""),
    "component": (_("Component"), ""),
    "group": (_("Group"), ""),
    "class_": (_("Class"), ""),
    "link": (_("Link"), ""),
    "labels": (_("Labels"), ""),
    "occurred_at": (_("When it happened"), ""),
    "holds_until": (_("How long it holds"), _HOLDS),
}

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
    mapping=tuple(
        MappedField(name, label, getattr(_USUAL, name), hint) for name, (label, hint) in _LABELS.items()
    ),
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
