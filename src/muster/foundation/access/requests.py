"""What a view receives: a request of somebody who has signed in, with the database's clock."""

from django.http import HttpRequest

from muster.foundation.access.queries import Arrival


class Request(HttpRequest):
    """A request after the middleware: `arrival` says who acts, and when by the database's clock."""

    arrival: Arrival
