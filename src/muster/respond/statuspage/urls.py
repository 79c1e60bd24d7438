"""The addresses of status pages, for those who write them."""

from django.urls import path

from muster.respond.statuspage import views

urlpatterns = [
    path("status-pages", views.listing, name="status_pages"),
    path(
        "status-pages/<slug:slug>/components/<int:component_id>", views.set_state, name="set_component_state"
    ),
]
