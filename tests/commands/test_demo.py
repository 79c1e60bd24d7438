"""The demo is for new installations only."""

from muster.foundation.access.models import Organisation, Person
from muster.foundation.catalog.models import Service
from muster.processes.demo import fill
from people import Cast


def test_an_installation_in_use_is_left_as_it_is(cast: Cast) -> None:
    """`make up` on the data of a real company adds nobody and nothing."""
    before = Person.objects.count(), Service.objects.count()
    assert fill() == []
    assert (Person.objects.count(), Service.objects.count()) == before
    assert not Organisation.objects.get(pk=1).demo
