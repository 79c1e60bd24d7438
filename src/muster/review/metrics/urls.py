"""The addresses of reports."""

from django.urls import path

from muster.review.metrics import views

urlpatterns = [
    path("reports", views.reports, name="reports"),
    path("reports/<path:number>", views.behind, name="report_behind"),
]
