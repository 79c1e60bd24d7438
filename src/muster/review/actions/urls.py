"""The addresses of action items."""

from django.urls import path

from muster.review.actions import views

urlpatterns = [
    path("actions", views.actions, name="actions"),
    path("actions/<str:public_id>", views.action, name="action"),
    path("actions/<str:public_id>/done", views.done, name="action_done"),
]
