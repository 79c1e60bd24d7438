"""Opsgenie's doors: what its senders say most often, durable and batched. The rest of its API answers in
`views.py`."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from muster.adapters.sources.opsgenie import answers, translate
from muster.adapters.sources.opsgenie.ids import Thing
from muster.core.ports.source_form import Door, Receipt, Reply, Source, SourceForm, Translate
from muster.core.text import message_id as _

LIMIT_BYTES = 1024 * 1024
KIND = "opsgenie"
SCHEME = "GenieKey"

FORM = SourceForm(
    kind=KIND,
    name=_("Opsgenie Alert API"),
    path="/v2/alerts",
    instructions=_("Leave the sender as it is; give it this address and this key in place of Opsgenie's."),
    connect="""# Alertmanager
receivers:
  - name: muster
    opsgenie_configs:
      - api_key: "{key}"
        api_url: "{base_url}/"
        update_alerts: true

# anything else
curl {base_url}/v2/alerts -H "Authorization: GenieKey {key}" -d '{
  "message": "Disk full", "alias": "disk-db-1", "priority": "P1"}'
curl -X POST "{base_url}/v2/alerts/disk-db-1/close?identifierType=alias" -H "Authorization: GenieKey {key}"
""",
    connect_language="yaml",
)


def _door(thing: Thing, name: str, path: str, read: Translate, takes: Callable[[str, bytes], bool]) -> Door:
    def accepted(keys: Sequence[str]) -> Reply:
        return answers.processed(thing, Receipt(tuple(keys)))

    def receipt(receipt: Receipt) -> Reply:
        return answers.processed(thing, receipt)

    return Door(
        kind=KIND,
        name=name,
        paths=(("POST", path),),
        key_location=f"authorization:{SCHEME}",
        limit_bytes=LIMIT_BYTES,
        translate=read,
        accepted=accepted,
        malformed=answers.not_processable,
        not_json=lambda: answers.refused(400, "The body is not JSON: send one whole document in UTF-8."),
        unknown_key=answers.unauthorized,
        too_large=lambda: answers.refused(413, f"Send at most {LIMIT_BYTES} bytes in one request."),
        wrong_method=lambda: answers.refused(405, "Use POST.", ("allow", "POST")),
        overloaded=answers.throttled,
        unavailable=answers.unavailable,
        receipt=receipt,
        takes=takes,
        bodiless=thing is not Thing.CREATE,
    )


def _creates(method: str, query: bytes) -> bool:
    """The list under the same address is `views.py`'s."""
    return method == "POST"


def _by_alias(method: str, query: bytes) -> bool:
    """By another identifier the alert must be found first, which is `views.py`'s."""
    asked = dict(parse_qsl(query.decode("latin-1"), max_num_fields=50)) if query.count(b"&") < 50 else {}
    return method == "POST" and asked.get("identifierType", "").lower() == "alias"


CREATE = _door(Thing.CREATE, "opsgenie-create", "/v2/alerts", translate.create, _creates)
CLOSE = _door(Thing.CLOSE, "opsgenie-close", "/v2/alerts/{identifier}/close", translate.close, _by_alias)
ACKNOWLEDGE = _door(
    Thing.ACKNOWLEDGE,
    "opsgenie-acknowledge",
    "/v2/alerts/{identifier}/acknowledge",
    translate.acknowledge,
    _by_alias,
)

SOURCE = Source(FORM, (CREATE, CLOSE, ACKNOWLEDGE), is_organisation_wide=True)
