"""The only writers of status pages."""

from muster.respond.statuspage.commands.pages import (
    Part,
    add_page,
    change_page,
    move_component,
    replace_components,
    restore_page,
    retire_page,
    set_component_state,
)
from muster.respond.statuspage.commands.posts import (
    Post,
    move_faces,
    post_to,
    publish_on_page,
    resolve_on_page,
    resolve_on_pages,
    say_on_pages,
)
from muster.respond.statuspage.commands.publications import (
    Claimed,
    claim_publication,
    record_failure,
    record_live,
    want_publication,
)

__all__ = [
    "Claimed",
    "Part",
    "Post",
    "add_page",
    "change_page",
    "claim_publication",
    "move_component",
    "move_faces",
    "post_to",
    "publish_on_page",
    "record_failure",
    "record_live",
    "replace_components",
    "resolve_on_page",
    "resolve_on_pages",
    "restore_page",
    "retire_page",
    "say_on_pages",
    "set_component_state",
    "want_publication",
]
