"""The addresses of incidents."""

from django.urls import path, re_path

from muster.respond.warroom import declaring, forms, publishing, telling, views

_ONE = "incidents/<str:incident_id>"

urlpatterns = [
    path("incidents", views.listing, name="incidents"),
    path("incidents/declare", declaring.declare, name="declare"),
    path("incidents/declare/preview", declaring.preview, name="declare_preview"),
    path(_ONE, views.one, name="incident"),
    path(f"{_ONE}/claim", views.claim, name="claim"),
    path(f"{_ONE}/phase", views.move_phase, name="move_phase"),
    path(f"{_ONE}/tasks", views.add_task, name="add_task"),
    path(f"{_ONE}/tasks/<int:task_id>/done", views.complete_task, name="complete_task"),
    path(f"{_ONE}/tick/<slug:checklist>/<slug:item>", views.tick, name="tick"),
    re_path(
        r"^incidents/(?P<incident_id>[\w-]+)/presence/(?P<state>joined|ready|left)$",
        views.presence,
        name="presence",
    ),
    path(f"{_ONE}/update", telling.update, name="update"),
    path(f"{_ONE}/publish", publishing.publish, name="publish"),
    path(f"{_ONE}/handover", forms.handover, name="handover"),
    path(f"{_ONE}/take", forms.take, name="take"),
    path(f"{_ONE}/roles", forms.roles, name="roles"),
    path(f"{_ONE}/severity", forms.severity, name="severity"),
    path(f"{_ONE}/impact", forms.impact, name="impact"),
    path(f"{_ONE}/page", forms.page, name="page_somebody"),
    path(f"{_ONE}/document", forms.document, name="document"),
]
