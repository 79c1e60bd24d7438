"""PagerDuty's doors, with the answers that its clients look for (wire facts 1.1 to 1.3)."""

from collections.abc import Sequence

from muster.adapters.sources.pagerduty import translate_v1
from muster.adapters.sources.pagerduty.translate import glance, translate, translate_change
from muster.core.ports.source_form import Door, Reply, Source, SourceForm, json_reply
from muster.core.text import message_id as _

LIMIT_BYTES = 512 * 1024
KEY_LENGTH_CHARS = 32

FORM = SourceForm(
    kind="pagerduty",
    name=_("PagerDuty Events API"),
    path="/v2/enqueue",
    instructions=_("Leave the sender as it is; give it this address and this key in place of PagerDuty's."),
    connect="""# Alertmanager
receivers:
  - name: muster
    pagerduty_configs:
      - routing_key: "{key}"
        url: "{base_url}/v2/enqueue"

# anything else
curl {base_url}/v2/enqueue -d '{"routing_key": "{key}", "event_action": "trigger",
  "payload": {"summary": "Disk full", "source": "db-1", "severity": "critical"}}'
""",
    connect_language="yaml",
)


def _invalid(errors: Sequence[str], status: int = 400) -> Reply:
    return json_reply(
        status, {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    )


def _not_json() -> Reply:
    return json_reply(
        400,
        {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        },
    )


def _throttled(status: int) -> Reply:
    return json_reply(
        status,
        {
            "status": "throttle exceeded",
            "message": "Requests for this service are arriving too quickly.  Please retry later.",
            "errors": ["Enhance Your Calm."],
        },
        ("retry-after", "1"),
    )


def _too_large() -> Reply:
    return _invalid([f"The event is larger than {LIMIT_BYTES // 1024} KB: send less in the details"], 413)


def _wrong_method() -> Reply:
    return json_reply(
        405,
        {"status": "invalid event", "message": "Method not allowed", "errors": ["Use POST"]},
        ("allow", "POST"),
    )


def _unavailable() -> Reply:
    return json_reply(
        503,
        {
            "status": "unavailable",
            "message": "Nothing was stored. Please retry.",
            "errors": ["Database unavailable"],
        },
        ("retry-after", "1"),
    )


def _unknown_routing_key(key: str) -> Reply:
    if not key:
        return _invalid(["'routing_key' is missing or blank"])
    if not key.isalnum() or not key.isascii():
        return _invalid(["'routing_key' cannot contain non-alphanumeric characters."])
    if len(key) != KEY_LENGTH_CHARS:
        return _invalid([f"Length of 'routing_key' is incorrect (should be {KEY_LENGTH_CHARS} characters)"])
    return _invalid(["Invalid routing key"])


def _unknown_service_key(key: str) -> Reply:
    if not key:
        return _invalid(["Service key can't be blank"])
    if len(key) != KEY_LENGTH_CHARS:
        return _invalid([f"Service key is the wrong length (should be {KEY_LENGTH_CHARS} characters)"])
    return _invalid(["Invalid service key"])


def _accepted(keys: Sequence[str]) -> Reply:
    return json_reply(202, {"status": "success", "message": "Event processed", "dedup_key": keys[0]})


def _accepted_change(_keys: Sequence[str]) -> Reply:
    return json_reply(202, {"message": "Change event processed", "status": "success"})


def _accepted_v1(keys: Sequence[str]) -> Reply:
    return json_reply(200, {"status": "success", "message": "Event processed", "incident_key": keys[0]})


EVENTS_V2 = Door(
    kind="pagerduty",
    name="pagerduty-v2",
    paths=(("POST", "/v2/enqueue"),),
    key_location="body:routing_key",
    limit_bytes=LIMIT_BYTES,
    translate=translate,
    glance=glance,
    accepted=_accepted,
    malformed=_invalid,
    not_json=_not_json,
    unknown_key=_unknown_routing_key,
    too_large=_too_large,
    wrong_method=_wrong_method,
    overloaded=lambda: _throttled(429),
    unavailable=_unavailable,
)

CHANGE_EVENTS = Door(
    kind="pagerduty",
    name="pagerduty-change",
    paths=(("POST", "/v2/change/enqueue"),),
    key_location="body:routing_key",
    limit_bytes=LIMIT_BYTES,
    translate=translate_change,
    accepted=_accepted_change,
    malformed=_invalid,
    not_json=_not_json,
    unknown_key=_unknown_routing_key,
    too_large=_too_large,
    wrong_method=_wrong_method,
    overloaded=lambda: _throttled(429),
    unavailable=_unavailable,
)

EVENTS_V1 = Door(
    kind="pagerduty",
    name="pagerduty-v1",
    paths=(("POST", "/generic/2010-04-15/create_event.json"),),
    key_location="body:service_key",
    limit_bytes=LIMIT_BYTES,
    translate=translate_v1.translate,
    accepted=_accepted_v1,
    malformed=_invalid,
    not_json=_not_json,
    unknown_key=_unknown_service_key,
    too_large=_too_large,
    wrong_method=_wrong_method,
    # The senders of version 1 retry after a 403 and after 5xx, never after a 429.
    overloaded=lambda: _throttled(403),
    unavailable=_unavailable,
)

SOURCE = Source(FORM, (EVENTS_V2, CHANGE_EVENTS, EVENTS_V1))
