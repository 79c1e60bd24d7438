"""The phone's fifth tab: what has no tab of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.foundation.access.requests import Request


@require_safe
def more(request: Request) -> HttpResponse:
    """Links to the rest of the product."""
    context = {"head": {"title": _("More")}, "sign_out_url": "/sign-in/logout/"}
    return render(request, "screens/more.html", context)
