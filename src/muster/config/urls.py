"""Every address of the product, one stage after the other."""

from allauth.account.views import LoginView
from django.urls import URLPattern, URLResolver, include, path, re_path
from ninja import Router

from muster.detect.api import router as integrations
from muster.detect.api_changes import router as changes
from muster.detect.api_heartbeats import router as heartbeats
from muster.detect.api_traffic import router as traffic
from muster.evaluate.api_alerts import router as alerts_and_groups
from muster.evaluate.api_attaching import router as attaching
from muster.evaluate.api_dependencies import router as dependencies
from muster.evaluate.api_muted import router as muted_things
from muster.evaluate.api_rules import router as rules
from muster.evaluate.api_silences import router as silences
from muster.evaluate.api_views import router as alert_views
from muster.foundation.access.api import router as people
from muster.foundation.access.api_contacts import router as contacts
from muster.foundation.catalog.api import router as catalog
from muster.mobilize.escalation.api import router as answers
from muster.mobilize.escalation.api_attendance import router as attendance
from muster.mobilize.escalation.api_pages import router as pages
from muster.mobilize.escalation.api_policies import router as policies
from muster.mobilize.escalation.api_storm import router as storms
from muster.mobilize.oncall.api import router as schedules
from muster.mobilize.oncall.api_away import router as absences
from muster.mobilize.oncall.api_covers import router as covers
from muster.mobilize.oncall.api_preview import router as schedule_previews
from muster.mobilize.paging.api import router as deliveries
from muster.mobilize.paging.api_rules import router as contact_rules
from muster.mobilize.paging.api_webhooks import router as webhooks
from muster.mobilize.reach.api import router as reach
from muster.mobilize.watch.api import router as health
from muster.respond.statuspage.api import router as status_pages
from muster.respond.warroom.api import router as incidents
from muster.respond.warroom.api_work import router as room_work
from muster.restore.api import router as restoring
from muster.review.actions.api import router as action_items
from muster.review.metrics.api import router as metrics
from muster.review.noise.api import router as noise
from muster.review.postmortem.api import router as postmortems
from muster.web.api.root import api_urls
from muster.web.api.timeline import router as timeline
from muster.web.configuration.api import router as configuration
from muster.web.health import readyz
from muster.web.replay.api import router as replays
from muster.web.screens import (
    alert,
    alerts,
    bulk,
    feedback,
    home,
    muted,
    muted_acts,
    night,
    oncall,
    service,
    storm,
    storm_acts,
    unattended,
)
from muster.web.screens import alert_views as views
from muster.web.sign_in import set_up
from muster.web.similar.api import router as past_alerts

# The API: each stage's `api.py` has a router; add it here.
API: list[Router] = [
    people,
    contacts,
    contact_rules,
    catalog,
    dependencies,
    timeline,
    configuration,
    integrations,
    traffic,
    heartbeats,
    changes,
    replays,
    alerts_and_groups,
    attaching,
    past_alerts,
    alert_views,
    silences,
    muted_things,
    rules,
    schedules,
    schedule_previews,
    covers,
    absences,
    deliveries,
    answers,
    reach,
    health,
    pages,
    attendance,
    storms,
    policies,
    webhooks,
    incidents,
    room_work,
    restoring,
    status_pages,
    postmortems,
    action_items,
    metrics,
    noise,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api_urls(API)),
    path("", include("muster.adapters.sources.opsgenie.urls")),
    path("readyz", readyz, name="readyz"),
    path("", home.home, name="home"),
    path("alerts", alerts.inbox, name="alerts"),
    path("alerts/unattended", unattended.unattended, name="unattended"),
    path("alerts/storm", storm.overview, name="storm"),
    path("alerts/storm/act", storm_acts.act, name="act_in_storm"),
    path("alerts/storm/undo", storm_acts.undo, name="undo_in_storm"),
    path("alerts/muted", muted.overview, name="muted"),
    path("alerts/muted/act", muted_acts.act, name="act_on_muted"),
    path("alerts/muted/undo", muted_acts.undo, name="undo_muted"),
    path("alerts/bulk", bulk.act_on_many, name="act_on_many"),
    path("alerts/views", views.overview, name="alert_views"),
    path("alerts/views/<int:view_id>", views.change, name="change_view"),
    re_path(r"^alerts/views/(?P<view_id>\d{1,18})/(?P<verb>retire|restore)$", views.turn, name="turn_view"),
    path("alerts/<str:public_id>", alert.one, name="alert"),
    re_path(
        r"^alerts/(?P<public_id>[\w-]+)/(?P<verb>acknowledge|unacknowledge|resolve|snooze|escalate|reassign)$",
        alerts.act,
        name="act_on_alert",
    ),
    path("alerts/<str:public_id>/feedback", feedback.give, name="give_feedback"),
    path("", include("muster.mobilize.oncall.urls")),
    path("oncall", oncall.overview, name="oncall"),
    path("", include("muster.web.screens.oncall_urls")),
    path("services", service.overview, name="services"),
    path("services/<slug:handle>", service.one, name="service"),
    path("", include("muster.web.screens.urls")),
    path("p/<str:token>", night.by_link, name="page_by_link"),
    path("p/<str:token>/acknowledge", night.acknowledge_by_link, name="acknowledge_by_link"),
    path("pages/<str:public_id>", night.signed_in, name="page"),
    path("pages/<str:public_id>/acknowledge", night.acknowledge, name="acknowledge_page"),
    path("pages/<str:public_id>/escalate", night.escalate, name="escalate_page"),
    path("", include("muster.respond.warroom.urls")),
    path("", include("muster.restore.urls")),
    path("", include("muster.respond.statuspage.urls")),
    path("", include("muster.review.postmortem.urls")),
    path("", include("muster.review.actions.urls")),
    path("", include("muster.review.metrics.urls")),
    path("set-up/<str:secret>/", set_up, name="set_up"),
    path("sign-in/", include("allauth.account.urls")),
    path("sign-in/2fa/", include("allauth.mfa.urls")),
    path("sign-in/", LoginView.as_view(), name="account_login"),
]

handler400 = "muster.web.errors.bad_request"
handler403 = "muster.web.errors.forbidden"
handler404 = "muster.web.errors.not_found"
handler500 = "muster.web.errors.server_error"
