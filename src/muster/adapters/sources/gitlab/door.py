"""GitLab's door and what its owner is told."""

from muster.adapters.sources.gitlab.guard import SETTINGS, guard
from muster.adapters.sources.gitlab.translate import translate
from muster.core.ports.source_form import Source, SourceForm, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="gitlab",
    name=_("GitLab deployments"),
    path="/in/gitlab/{key}",
    instructions=_(
        "Add a webhook to the project or the group, with the triggers Deployment events and Releases events. "
        "They are changes and page nobody."
    ),
    connect="""URL: {base_url}/in/gitlab/{key}
Trigger: Deployment events, Releases events
""",
    settings=SETTINGS,
)

DOOR = webhook_door("gitlab", translate, limit_bytes=4 * 1024 * 1024, guard=guard)

SOURCE = Source(FORM, (DOOR,))
