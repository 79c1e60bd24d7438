"""The addresses of the gate, the command bar and the ways an incident ends."""

from django.urls import path

from muster.restore import views

_ONE = "incidents/<str:incident_id>"

urlpatterns = [
    path(f"{_ONE}/line", views.line, name="line"),
    path(f"{_ONE}/mitigate", views.mitigate, name="mitigate"),
    path(f"{_ONE}/resolve", views.resolve, name="resolve"),
    path(f"{_ONE}/gate/<slug:check>", views.state_check, name="state_check"),
    path(f"{_ONE}/reopen", views.reopen, name="reopen"),
    path(f"{_ONE}/dismiss", views.dismiss, name="dismiss"),
    path(f"{_ONE}/backlog", views.backlog, name="backlog"),
    path(f"{_ONE}/merge", views.merge, name="merge"),
]
