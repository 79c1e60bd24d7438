"""The addresses that on-call answers itself: calendar feeds."""

from django.urls import path

from muster.mobilize.oncall import views

urlpatterns = [path("calendars/<str:secret>.ics", views.feed, name="calendar_feed")]
