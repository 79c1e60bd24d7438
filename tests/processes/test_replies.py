"""A reply by e-mail to a real worker: the door stands behind the egress guard, and opens all the same."""

import smtplib
import socket
from email.message import EmailMessage
from pathlib import Path

import httpx

from fakes.smtp import SmtpServer
from processes.running import eventually, up

PEOPLE = """
version: 1
people: [{handle: ana, name: Ana, role: responder, contacts: [{kind: email, address: ana@example.com}]}]
"""


def test_a_reply_to_a_running_installation_acknowledges(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    door = f"smtp://127.0.0.1:{port}/?to=ack@reply.example.com"
    with (
        SmtpServer() as smtp,
        up("--data", str(scratch / "replies"), MUSTER_EMAIL_URL=smtp.url, MUSTER_MAIL_IN=door) as running,
        httpx.Client(
            base_url=f"{running.url}/api/v1",
            headers={"Authorization": f"Bearer {running.ready['token']}"},
            timeout=20,
        ) as api,
    ):
        assert api.post("/configuration/apply", content=PEOPLE).status_code == 200
        paged = api.post("/pages", json={"target": "person:ana", "summary": "Down"}).json()
        letter = smtp.wait_for(1)[0].message
        answer = EmailMessage()
        answer["From"], answer["To"], answer["Subject"] = "ana@example.com", letter["Reply-To"], "Re: Down"
        answer.set_content("Mine.")
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.send_message(answer)
        page = f"/pages/{paged['pages'][0]['id']}"
        assert eventually(lambda: api.get(page).json()["acknowledged_at"] is not None)
        assert [one["state"] for one in api.get("/deliveries").json()["items"]] == ["acknowledged"]
