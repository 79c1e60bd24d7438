"""The addresses of postmortems."""

from django.urls import path, re_path

from muster.review.postmortem import asking, views

_ONE = r"^incidents/(?P<incident_id>[\w-]+)/postmortem"

urlpatterns = [
    path("postmortems", views.listing, name="postmortems"),
    path("incidents/<str:incident_id>/postmortem", views.one, name="postmortem"),
    path("incidents/<str:incident_id>/postmortem/draft", views.draft, name="draft_postmortem"),
    path("incidents/<str:incident_id>/postmortem/sections", views.save, name="save_section"),
    path("incidents/<str:incident_id>/postmortem/actions", views.add_action, name="add_action"),
    re_path(rf"{_ONE}/(?P<verb>submit|publish|held)$", views.act, name="act_on_postmortem"),
    re_path(
        rf"{_ONE}/(?P<verb>return|withdraw|waive|meeting|reviewers|cause)$",
        asking.form,
        name="ask_of_postmortem",
    ),
]
