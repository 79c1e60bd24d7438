"""How letters come in: by SMTP to an address of their own, or posted by a mail provider."""

from muster.adapters.sources.email.translate import reader, translate
from muster.core.ports.source_form import Setting, Source, SourceForm, json_reply, webhook_door
from muster.core.text import message_id as _

FORM = SourceForm(
    kind="email",
    name=_("E-mail"),
    path="/in/email/{key}",
    instructions=_(
        "Let the sender write to this address; MUSTER_MAIL_IN says where letters come in. Letters about the "
        "same thing join one alert, and a subject with a word such as RESOLVED, RECOVERY, OK or UP ends it."
    ),
    connect="""{mailbox}

# or, as the webhook of a mail provider for incoming mail:
curl {base_url}/in/email/{key} --json '{
  "from": "nagios@db-1.example.com",
  "subject": "PROBLEM: disk full on db-1",
  "text": "97 % of /var is used."
}'
""",
    connect_language="sh",
    settings=(
        Setting("key", _("What makes letters one alert: subject, shape, thread, or a pattern with a group")),
        Setting("resolve_when", _("Pattern of subjects that end the alert (RE2)")),
        Setting("ignore_when", _("Pattern of subjects to ignore (RE2)")),
    ),
)

DOOR = webhook_door(
    "email",
    translate,
    limit_bytes=5 * 1024 * 1024,
    accepted=lambda keys: json_reply(200, {"status": "accepted", "dedup_keys": list(keys)}),
    accepts_form=True,
    configured=reader,
)

SOURCE = Source(FORM, (DOOR,))
