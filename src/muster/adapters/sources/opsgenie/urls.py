"""Where Opsgenie's API stands. Its paths are read as they came over the wire, by the view (wire rule 7)."""

from django.urls import re_path

from muster.adapters.sources.opsgenie import views

urlpatterns = [
    re_path(r"^v2/alerts(?:/[\s\S]*)?$", views.alerts, name="opsgenie_alerts"),
    re_path(r"^v2/heartbeats(?:/[\s\S]*)?$", views.all_heartbeats, name="opsgenie_heartbeats"),
]
