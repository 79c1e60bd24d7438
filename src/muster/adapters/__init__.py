"""What stands between us and the outside: sources, contacts, calendars, replies, publishers."""

import sys

# httpx would bring its own command line, and with it click, rich and pygments: 5 MiB that no adapter needs.
# It does without when this module is not there.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
