"""Which adapter sits in which socket: the only file that knows (design section 3)."""

from muster.adapters.contacts.email.form import FORM as EMAIL
from muster.adapters.contacts.ntfy.form import FORM as NTFY
from muster.adapters.contacts.webhook.form import FORM as WEBHOOK
from muster.adapters.contacts.webpush.form import FORM as WEBPUSH
from muster.adapters.sources.alertmanager.door import SOURCE as ALERTMANAGER
from muster.adapters.sources.azure.door import SOURCE as AZURE
from muster.adapters.sources.datadog.door import SOURCE as DATADOG
from muster.adapters.sources.email.door import SOURCE as EMAIL_SOURCE
from muster.adapters.sources.gcp.door import SOURCE as GCP
from muster.adapters.sources.generic.door import SOURCE as GENERIC
from muster.adapters.sources.github.door import SOURCE as GITHUB
from muster.adapters.sources.gitlab.door import SOURCE as GITLAB
from muster.adapters.sources.grafana.door import SOURCE as GRAFANA
from muster.adapters.sources.healthchecks.door import SOURCE as HEALTHCHECKS
from muster.adapters.sources.heartbeat.door import DOOR as HEARTBEAT
from muster.adapters.sources.incidentio.door import SOURCE as INCIDENTIO
from muster.adapters.sources.newrelic.door import SOURCE as NEWRELIC
from muster.adapters.sources.oncall.door import SOURCE as ONCALL
from muster.adapters.sources.opsgenie.door import SOURCE as OPSGENIE
from muster.adapters.sources.opsgenie.pings import DOOR as OPSGENIE_HEARTBEAT
from muster.adapters.sources.pagerduty.door import SOURCE as PAGERDUTY
from muster.adapters.sources.prometheus.door import SOURCE as PROMETHEUS
from muster.adapters.sources.sentry.door import SOURCE as SENTRY
from muster.adapters.sources.sns.door import SOURCE as SNS
from muster.adapters.sources.statuspage.door import SOURCE as STATUSPAGE
from muster.adapters.sources.uptimekuma.door import SOURCE as UPTIMEKUMA
from muster.adapters.sources.victorops.door import SOURCE as VICTOROPS
from muster.adapters.sources.zabbix.door import SOURCE as ZABBIX
from muster.core.ports.contact_form import ContactForm
from muster.core.ports.ping_form import PingDoor
from muster.core.ports.source_form import Source

SOURCES: tuple[Source, ...] = (
    ALERTMANAGER,
    PROMETHEUS,
    GRAFANA,
    ONCALL,
    PAGERDUTY,
    OPSGENIE,
    DATADOG,
    SENTRY,
    SNS,
    INCIDENTIO,
    VICTOROPS,
    NEWRELIC,
    ZABBIX,
    UPTIMEKUMA,
    HEALTHCHECKS,
    AZURE,
    GCP,
    GITHUB,
    GITLAB,
    STATUSPAGE,
    EMAIL_SOURCE,
    GENERIC,
)
"""Who may cry: every kind of integration there is."""

PING_DOORS: tuple[PingDoor, ...] = (HEARTBEAT, OPSGENIE_HEARTBEAT)
"""How a job can say that it ran."""

CONTACT_FORMS: tuple[ContactForm, ...] = (EMAIL, NTFY, WEBHOOK, WEBPUSH)
"""How a person can be reached. The channel of each stands beside its form: `channel.open_channel`."""
