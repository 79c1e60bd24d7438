"""The public holidays of a country or region, from the `holidays` package (R39, R44)."""

from datetime import date
from functools import cache
from importlib import import_module


def public_holidays(place: str, first: date, last: date) -> frozenset[date]:
    """The public holidays from `first` to `last`, both included, of a place like `ES` or `DE-BY`.

    Empty for no place, and for one that the package does not know: a team is then told nothing, not wrong
    days.
    """
    years = range(first.year, last.year + 1)
    return frozenset(day for year in years for day in _of_year(place, year) if first <= day <= last)


@cache
def _of_year(place: str, year: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    if not country:
        return frozenset()
    try:
        # Whoever names no place does without the package: it takes 3 MiB.
        country_holidays = import_module("holidays").country_holidays
        return frozenset(country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError:
        return frozenset()
