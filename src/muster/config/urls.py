"""Every address of the product, one stage after the other."""

from allauth.account.views import LoginView
from django.urls import URLPattern, URLResolver, include, path
from ninja import Router

from muster.foundation.access.api import router as people
from muster.foundation.catalog.api import router as catalog
from muster.web.api.root import api_urls
from muster.web.api.timeline import router as timeline
from muster.web.configuration.api import router as configuration
from muster.web.health import readyz
from muster.web.sign_in import set_up

# The API: each stage's `api.py` has a router; add it here.
API: list[Router] = [
    people,
    catalog,
    timeline,
    configuration,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api_urls(API)),
    path("readyz", readyz, name="readyz"),
    path("set-up/<str:secret>/", set_up, name="set_up"),
    path("sign-in/", include("allauth.account.urls")),
    path("sign-in/2fa/", include("allauth.mfa.urls")),
    path("sign-in/", LoginView.as_view(), name="account_login"),
]

handler400 = "muster.web.errors.bad_request"
handler403 = "muster.web.errors.forbidden"
handler404 = "muster.web.errors.not_found"
handler500 = "muster.web.errors.server_error"
