"""Every route of the URL configuration, with an address of it, by who opens it. `{alert}` and such are found
in the demo company; a route without a line here fails `test_every_route_has_its_example`."""

SCREENS = {
    "": "/",
    "alerts": "/alerts",
    "alerts/muted": "/alerts/muted?view=month",
    "alerts/storm": "/alerts/storm?of=24h",
    "alerts/unattended": "/alerts/unattended",
    "alerts/views": "/alerts/views",
    "alerts/<str:public_id>": "/alerts/{alert}",
    "oncall": "/oncall",
    "oncall/<slug:handle>": "/oncall/{schedule}?days=28",
    "my-oncall": "/my-oncall",
    "services": "/services",
    "services/<slug:handle>": "/services/{service}",
    "readiness": "/readiness",
    "deliveries": "/deliveries",
    "health": "/health",
    "search": "/search?q=check",
    "more": "/more",
    "people": "/people",
    "people/<slug:handle>": "/people/mara",
    "pages/<str:public_id>": "/pages/{page}",
    "incidents": "/incidents",
    "incidents/declare": "/incidents/declare",
    "incidents/<str:incident_id>": "/incidents/{incident}",
    "incidents/<str:incident_id>/update": "/incidents/{incident}/update",
    "incidents/<str:incident_id>/publish": "/incidents/{incident}/publish",
    "incidents/<str:incident_id>/handover": "/incidents/{incident}/handover",
    "incidents/<str:incident_id>/take": "/incidents/{incident}/take",
    "incidents/<str:incident_id>/roles": "/incidents/{incident}/roles",
    "incidents/<str:incident_id>/severity": "/incidents/{incident}/severity",
    "incidents/<str:incident_id>/impact": "/incidents/{incident}/impact",
    "incidents/<str:incident_id>/page": "/incidents/{incident}/page",
    "incidents/<str:incident_id>/document": "/incidents/{incident}/document",
    "incidents/<str:incident_id>/mitigate": "/incidents/{incident}/mitigate",
    "incidents/<str:incident_id>/resolve": "/incidents/{incident}/resolve",
    "incidents/<str:incident_id>/reopen": "/incidents/{draft}/reopen",
    "incidents/<str:incident_id>/dismiss": "/incidents/{incident}/dismiss",
    "incidents/<str:incident_id>/backlog": "/incidents/{incident}/backlog",
    "incidents/<str:incident_id>/merge": "/incidents/{incident}/merge",
    "incidents/<str:incident_id>/postmortem": "/incidents/{published}/postmortem",
    r"^incidents/(?P<incident_id>[\w-]+)/postmortem"
    r"/(?P<verb>return|withdraw|waive|meeting|reviewers|cause)$": "/incidents/{draft}/postmortem/meeting",
    "postmortems": "/postmortems",
    "actions": "/actions",
    "actions/<str:public_id>": "/actions/ACT-1",
    "reports": "/reports",
    "reports/<path:number>": "/reports/MTTR",
    "reports/noise": "/reports/noise",
    "reports/noise/<str:public_id>/<slug:remedy>": "/reports/noise/{noisy}/pause",
    "status-pages": "/status-pages",
    "sign-in/logout/": "/sign-in/logout/",
    "sign-in/inactive/": "/sign-in/inactive/",
    "sign-in/reauthenticate/": "/sign-in/reauthenticate/",
    "sign-in/email/": "/sign-in/email/",
    "sign-in/confirm-email/": "/sign-in/confirm-email/",
    "sign-in/^confirm-email/(?P<key>[-:\\w]+)/$": "/sign-in/confirm-email/abc/",
    "sign-in/password/change/": "/sign-in/password/change/",
    "sign-in/password/reset/": "/sign-in/password/reset/",
    "sign-in/password/reset/done/": "/sign-in/password/reset/done/",
    "sign-in/password/reset/key/done/": "/sign-in/password/reset/key/done/",
    "sign-in/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        "/sign-in/password/reset/key/1-abc/"
    ),
    "sign-in/2fa/": "/sign-in/2fa/",
}
"""What a responder opens."""

MANAGED = {
    "schedules/new": "/schedules/new?team=payments&pattern=sun",
    "schedules/<slug:handle>/edit": "/schedules/payments-primary/edit",
    "settings": "/settings",
    "settings/me": "/settings/me",
    "settings/me/rules": "/settings/me/rules",
    "settings/teams": "/settings/teams",
    "settings/integrations": "/settings/integrations",
    "settings/integrations/<slug:handle>": "/settings/integrations/alertmanager",
    "settings/integrations/<slug:handle>/mapping": "/settings/integrations/billing-checks/mapping",
    "settings/heartbeats": "/settings/heartbeats",
    "settings/heartbeats/<slug:handle>": "/settings/heartbeats/nightly-invoices",
    "heartbeats/new": "/heartbeats/new",
    "heartbeats/<slug:handle>/edit": "/heartbeats/nightly-invoices/edit",
    "settings/webhooks": "/settings/webhooks",
    "settings/webhooks/<slug:handle>": "/settings/webhooks/restart-worker",
    "settings/policies": "/settings/policies",
    "policies/new": "/policies/new?team=payments",
    "policies/<slug:handle>/edit": "/policies/payments/edit",
    "settings/policies/<slug:handle>": "/settings/policies/payments",
    "settings/standard": "/settings/standard",
    "settings/silences": "/settings/silences",
    "settings/rules": "/settings/rules",
    "settings/rules/<slug:handle>": "/settings/rules/sunday-upgrades",
    "rules/new": "/rules/new?kind=maintenance",
    "rules/<slug:handle>/edit": "/rules/sunday-upgrades/edit",
}
"""What a manager opens."""

SIGNED_OUT = {
    "sign-in/": "/sign-in/",
    "set-up/<str:secret>/": "{set_up}",
    "sign-in/login/": "/sign-in/login/",
}
"""What somebody opens who has not signed in."""

OTHERWISE = {
    "readyz": ("/readyz", 200),
    r"^v2/alerts(?:/[\s\S]*)?$": ("/v2/alerts", 401),
    r"^v2/heartbeats(?:/[\s\S]*)?$": ("/v2/heartbeats", 401),
    "sw.js": ("/sw.js", 200),
    "reports/noise.csv": ("/reports/noise.csv", 200),
    "incidents/declare/preview": ("/incidents/declare/preview", 200),
    "p/<str:token>": ("/p/wrong", 410),
    "calendars/<str:secret>.ics": ("/calendars/wrong.ics", 404),
    "sign-in/signup/": ("/sign-in/signup/", 302),
    "sign-in/password/set/": ("/sign-in/password/set/", 302),
    "sign-in/login/code/confirm/": ("/sign-in/login/code/confirm/", 302),
    "sign-in/2fa/authenticate/": ("/sign-in/2fa/authenticate/", 302),
    "sign-in/2fa/reauthenticate/": ("/sign-in/2fa/reauthenticate/", 302),
    "sign-in/2fa/totp/activate/": ("/sign-in/2fa/totp/activate/", 302),
    "sign-in/2fa/totp/deactivate/": ("/sign-in/2fa/totp/deactivate/", 404),
    "sign-in/2fa/recovery-codes/": ("/sign-in/2fa/recovery-codes/", 404),
    "sign-in/2fa/recovery-codes/generate/": ("/sign-in/2fa/recovery-codes/generate/", 302),
    "sign-in/2fa/recovery-codes/download/": ("/sign-in/2fa/recovery-codes/download/", 404),
}
"""What answers a signed-in responder with no page of its own, and how."""

POSTED = {
    r"^alerts/(?P<public_id>[\w-]+)/(?P<verb>acknowledge|unacknowledge|resolve|snooze|escalate|reassign)$": (
        "/alerts/{alert}/acknowledge"
    ),
    "alerts/<str:public_id>/feedback": "/alerts/{alert}/feedback",
    "oncall/<slug:handle>/override": "/oncall/{schedule}/override",
    "oncall/<slug:handle>/note": "/oncall/{schedule}/note",
    r"^my-oncall/covers/(?P<cover_id>\d{1,18})/(?P<verb>accept|decline|withdraw)$": (
        "/my-oncall/covers/1/accept"
    ),
    "my-oncall/leaves/<int:leave_id>/end": "/my-oncall/leaves/1/end",
    "my-oncall/feeds/<int:feed_id>/revoke": "/my-oncall/feeds/1/revoke",
    "alerts/bulk": "/alerts/bulk",
    "alerts/muted/act": "/alerts/muted/act",
    "alerts/muted/undo": "/alerts/muted/undo",
    "alerts/storm/act": "/alerts/storm/act",
    "alerts/storm/undo": "/alerts/storm/undo",
    "alerts/views/<int:view_id>": "/alerts/views/1",
    r"^alerts/views/(?P<view_id>\d{1,18})/(?P<verb>retire|restore)$": "/alerts/views/1/retire",
    "p/<str:token>/acknowledge": "/p/wrong/acknowledge",
    "people/<slug:handle>/invite": "/people/mara/invite",
    "people/<slug:handle>/end": "/people/mara/end",
    "people/<slug:handle>/restore": "/people/mara/restore",
    "pages/<str:public_id>/acknowledge": "/pages/{page}/acknowledge",
    "pages/<str:public_id>/escalate": "/pages/{page}/escalate",
    "settings/me/contacts/add/<slug:kind>": "/settings/me/contacts/add/email",
    r"^settings/me/contacts/(?P<contact_id>\d{1,18})/(?P<verb>code|test|remove)$": (
        "/settings/me/contacts/1/test"
    ),
    "settings/me/contacts/<int:contact_id>/prove": "/settings/me/contacts/1/prove",
    "settings/me/test": "/settings/me/test",
    "readiness/plan": "/readiness/plan",
    "settings/me/tokens": "/settings/me/tokens",
    "settings/me/tokens/<int:token_id>/revoke": "/settings/me/tokens/1/revoke",
    "settings/integrations/<slug:handle>/rotate": "/settings/integrations/alertmanager/rotate",
    "settings/integrations/<slug:handle>/test": "/settings/integrations/alertmanager/test",
    "settings/integrations/<slug:handle>/test/end": "/settings/integrations/alertmanager/test/end",
    r"^settings/integrations/(?P<handle>[-\w]+)/(?P<verb>retire|restore)$": (
        "/settings/integrations/alertmanager/retire"
    ),
    "settings/heartbeats/<slug:handle>/rotate": "/settings/heartbeats/nightly-invoices/rotate",
    r"^settings/heartbeats/(?P<handle>[-\w]+)/(?P<verb>pause|resume|retire|restore)$": (
        "/settings/heartbeats/nightly-invoices/pause"
    ),
    "settings/webhooks/<slug:handle>/rotate": "/settings/webhooks/restart-worker/rotate",
    r"^settings/webhooks/(?P<handle>[-\w]+)/(?P<verb>retire|restore)$": (
        "/settings/webhooks/restart-worker/retire"
    ),
    r"^settings/rules/(?P<handle>[-\w]+)/(?P<verb>retire|restore)$": (
        "/settings/rules/sunday-upgrades/retire"
    ),
    "settings/silences/<int:silence_id>/end": "/settings/silences/1/end",
    "incidents/<str:incident_id>/claim": "/incidents/{incident}/claim",
    "incidents/<str:incident_id>/phase": "/incidents/{incident}/phase",
    "incidents/<str:incident_id>/tasks": "/incidents/{incident}/tasks",
    "incidents/<str:incident_id>/tasks/<int:task_id>/done": "/incidents/{incident}/tasks/1/done",
    "incidents/<str:incident_id>/tick/<slug:checklist>/<slug:item>": "/incidents/{incident}/tick/a/b",
    r"^incidents/(?P<incident_id>[\w-]+)/presence/(?P<state>joined|ready|left)$": (
        "/incidents/{incident}/presence/joined"
    ),
    "incidents/<str:incident_id>/line": "/incidents/{incident}/line",
    "incidents/<str:incident_id>/gate/<slug:check>": "/incidents/{incident}/gate/a",
    "incidents/<str:incident_id>/postmortem/draft": "/incidents/{draft}/postmortem/draft",
    "incidents/<str:incident_id>/postmortem/sections": "/incidents/{draft}/postmortem/sections",
    "incidents/<str:incident_id>/postmortem/actions": "/incidents/{draft}/postmortem/actions",
    r"^incidents/(?P<incident_id>[\w-]+)/postmortem/(?P<verb>submit|publish|held)$": (
        "/incidents/{draft}/postmortem/submit"
    ),
    "actions/<str:public_id>/done": "/actions/ACT-1/done",
    "status-pages/<slug:slug>/components/<int:component_id>": "/status-pages/main/components/1",
}
"""What only takes a POST: opening it must change nothing, and says so with 405."""
