"""Doors that ask for more than the key: refused, put off, let in; who needs no asking goes the short way."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from contracts.payloads import WIRE, payload
from serving import Answer, Web
from standin.database import CLIENT_SECRET, LOCKED, SIGNED, key_of

ALERT = payload("sentry_issue_alert")
SNS = json.loads((WIRE / "payloads" / "aws_sns_signed.json").read_text())["messages"]


def sentry(web: Web, body: bytes, secret: str = CLIENT_SECRET, key: str = SIGNED) -> Answer:
    """Post as Sentry does, signed with a secret."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return web.post(f"/in/sentry/{key}", body, Sentry_Hook_Signature=signature)


def stored(web: Web) -> list[str]:
    keys: list[str] = web.request("GET", "/stored").json["keys"]
    return keys


def alert(issue: str) -> Any:
    return ALERT | {"data": {"event": ALERT["data"]["event"] | {"issue_id": issue}}}


def test_what_is_signed_is_taken_again_and_again_however_it_is_written(web: Web) -> None:
    for n, indent in enumerate((None, 1, 4)):
        answer = sentry(web, json.dumps(alert(f"signed-{n}"), indent=indent).encode())
        assert answer.status == 200, answer.body
    assert {f"signed-{n}" for n in range(3)} <= set(stored(web))


@pytest.mark.parametrize("size", [0, 200_000])
def test_what_is_not_signed_is_refused_and_nothing_stored(web: Web, size: int) -> None:
    body = json.dumps(alert("forged") | {"filler": "x" * size}).encode()
    assert sentry(web, body, secret="another").status == 401
    unsigned = web.post(f"/in/sentry/{SIGNED}", body)
    assert (unsigned.status, unsigned.headers["content-type"]) == (401, "application/problem+json")
    assert "forged" not in stored(web)


def test_an_integration_that_was_told_no_secret_asks_for_none(web: Web) -> None:
    for n in range(2):  # the second goes the short way
        assert web.post(f"/in/sentry/{key_of('sentry')}", alert(f"open-{n}")).status == 200
    assert {"open-0", "open-1"} <= set(stored(web))


def test_a_secret_of_one_integration_does_not_open_another(web: Web) -> None:
    assert sentry(web, json.dumps(ALERT).encode(), key="Z" * 32).status == 404


def test_what_could_not_be_asked_outside_is_put_off_and_nothing_stored(web: Web) -> None:
    message = SNS["notification_alarm_v2"] | {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem"}
    answer = web.post(f"/in/sns/{key_of('sns')}", message, Content_Type="text/plain; charset=UTF-8")
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert web.post(f"/in/sns/{key_of('sns')}", SNS["cert_host_not_aws"]).status == 403
    assert "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu-high" not in stored(web)


@pytest.mark.parametrize("body", [b"{", b'{"data": 7', b"x" * 9_000_000])
def test_nothing_is_kept_of_what_nobody_signed(web: Web, body: bytes) -> None:
    """Whoever knows no more than the address may not fill our tables, nor raise an alert about it."""
    kept = web.request("GET", "/stored").json["unread"]
    assert web.post(f"/in/sentry/{SIGNED}", body).status in (400, 413)
    assert web.request("GET", "/stored").json["unread"] == kept


def test_what_is_signed_and_cannot_be_read_is_kept(web: Web) -> None:
    kept = web.request("GET", "/stored").json["unread"]
    assert sentry(web, b'{"data": 7}').status == 400
    assert web.request("GET", "/stored").json["unread"] == kept + 1


def test_an_integration_whose_secrets_cannot_be_opened_is_put_off_and_no_other(web: Web) -> None:
    """Our secret key is another: nothing is let in unsigned, nothing is said to be unknown."""
    assert web.post(f"/in/sentry/{LOCKED}", ALERT).status == 503
    assert sentry(web, json.dumps(alert("beside")).encode()).status == 200
