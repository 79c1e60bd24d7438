"""GitHub's door and what its owner is told."""

from muster.adapters.sources.github.guard import SETTINGS, guard
from muster.adapters.sources.github.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="github",
    name=_("GitHub deployments"),
    path="/in/github/{key}",
    instructions=_(
        "Add a webhook to the repository or the organization, content type application/json. Choose the "
        "individual events Deployments, Deployment statuses and Releases. They are changes and page nobody."
    ),
    connect="""Payload URL: {base_url}/in/github/{key}
Content type: application/json
Events: Deployments, Deployment statuses, Releases
""",
    settings=SETTINGS,
)

DOOR = webhook_door("github", translate, limit_bytes=4 * 1024 * 1024, accepts_form=True, guard=guard)

SOURCE = Source(FORM, (DOOR,))
