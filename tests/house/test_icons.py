"""Every icon that an event kind names is in the sprite: a missing one would break the page that shows it."""

from muster.foundation.timeline import kinds
from muster.web.templatetags.shapes import symbols


def test_every_event_kind_has_a_drawn_icon() -> None:
    """A new kind with an undrawn icon fails here, not at night."""
    undrawn = {kind.name: kind.icon for kind in kinds.every() if kind.icon not in symbols()}
    assert undrawn == {}
