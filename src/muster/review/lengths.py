"""Numbers and lengths of time in words; needs no table, so that words may use it."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def number_word(count: int) -> str:
    """A small number as a heading begins with it: `Three`."""
    words = (_("No"), _("One"), _("Two"), _("Three"), _("Four"), _("Five"), _("Six"), _("Seven"))
    return words[count] if count < len(words) else str(count)


def length(span: timedelta) -> str:
    """A length of time with at most two units: `3 min 12 s`, `54 min`, `9 h 12 min`, `6 days`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("%(s)d s") % {"s": seconds}
    if seconds < 600 and seconds % 60:
        return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}
    if seconds < 7_200:
        return _("%(m)d min") % {"m": seconds // 60}
    if seconds < 172_800 and seconds % 3600 < 60:
        return _("%(h)d h") % {"h": seconds // 3600}
    if seconds < 172_800:
        return _("%(h)d h %(m)d min") % {"h": seconds // 3600, "m": seconds % 3600 // 60}
    return ngettext("%(n)d day", "%(n)d days", seconds // 86_400) % {"n": seconds // 86_400}


def figure_words(span: timedelta) -> tuple[str, str]:
    """A mean as figure and unit: `4:06` min, `68` min, `9.2` h, `10.2` days."""
    seconds = int(span.total_seconds())
    if seconds < 600:
        return f"{seconds // 60}:{seconds % 60:02d}", _("min")
    if seconds < 7_200:
        return str(seconds // 60), _("min")
    if seconds < 172_800:
        return f"{seconds / 3600:.1f}", _("h")
    return f"{seconds / 86_400:.1f}", _("days")
