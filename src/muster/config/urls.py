"""Every address of the product, one stage after the other."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

handler400 = "muster.web.errors.bad_request"
handler403 = "muster.web.errors.forbidden"
handler404 = "muster.web.errors.not_found"
handler500 = "muster.web.errors.server_error"
