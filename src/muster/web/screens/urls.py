"""The addresses of search, people and settings."""

from django.urls import path, re_path

from muster.web.screens import (
    deliveries,
    health,
    more,
    my_contact_acts,
    my_rules,
    people,
    policies,
    policy_edit,
    readiness,
    search,
    settings,
    settings_integrations,
    settings_me,
    settings_standard,
    settings_webhooks,
    silences,
)

urlpatterns = [
    path("sw.js", my_contact_acts.service_worker, name="service_worker"),
    path("search", search.search, name="search"),
    path("more", more.more, name="more"),
    path("people", people.overview, name="people"),
    path("people/<slug:handle>", people.one, name="person"),
    path("people/<slug:handle>/invite", people.invite, name="invite"),
    path("people/<slug:handle>/end", people.end_access, name="end_access"),
    path("people/<slug:handle>/restore", people.restore_access, name="restore_access"),
    path("settings", settings.index, name="settings"),
    path("settings/me", settings_me.me, name="me"),
    path("settings/me/contacts/add/<slug:kind>", my_contact_acts.add_contact, name="add_contact"),
    re_path(
        r"^settings/me/contacts/(?P<contact_id>\d{1,18})/(?P<verb>code|test|remove)$",
        my_contact_acts.act_on_contact,
        name="act_on_contact",
    ),
    path("settings/me/contacts/<int:contact_id>/prove", my_contact_acts.prove, name="prove_contact"),
    path("settings/me/rules", my_rules.my_rules, name="my_rules"),
    path("settings/me/test", my_contact_acts.test_all, name="test_all"),
    path("readiness", readiness.overview, name="readiness"),
    path("readiness/plan", readiness.plan, name="test_plan"),
    path("health", health.overview, name="health"),
    path("deliveries", deliveries.log, name="deliveries"),
    path("settings/me/tokens", settings_me.add_token, name="add_token"),
    path("settings/me/tokens/<int:token_id>/revoke", settings_me.revoke_token, name="revoke_token"),
    path("settings/teams", people.teams, name="teams"),
    path("settings/integrations", settings_integrations.overview, name="integrations"),
    path("settings/integrations/<slug:handle>", settings_integrations.one, name="integration"),
    path("settings/integrations/<slug:handle>/rotate", settings_integrations.rotate, name="rotate_key"),
    path(
        "settings/integrations/<slug:handle>/retire", settings_integrations.retire, name="retire_integration"
    ),
    path("settings/policies", policies.overview, name="policies"),
    path("settings/policies/<slug:handle>", policies.one, name="policy"),
    path("policies/new", policy_edit.new, name="new_policy"),
    path("policies/<slug:handle>/edit", policy_edit.edit, name="edit_policy"),
    path("settings/webhooks", settings_webhooks.overview, name="webhooks"),
    path("settings/webhooks/<slug:handle>", settings_webhooks.one, name="webhook"),
    path("settings/webhooks/<slug:handle>/rotate", settings_webhooks.rotate_secret, name="rotate_secret"),
    path("settings/webhooks/<slug:handle>/retire", settings_webhooks.retire_webhook, name="retire_webhook"),
    path(
        "settings/webhooks/<slug:handle>/restore", settings_webhooks.restore_webhook, name="restore_webhook"
    ),
    path("settings/standard", settings_standard.standard, name="standard"),
    path("settings/silences", silences.overview, name="silences"),
    path("settings/silences/<int:silence_id>/end", silences.end, name="end_silence"),
]
