"""Whether this installation can work: `/readyz` asks the database, its schema and the workers (design 13)."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from muster.foundation.timeline.beats import last_beat


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, schema and a worker are there, else 503; JSON says what is not, and why."""
    checks = _checks()
    ready = all(check["ok"] for check in checks.values())
    body = {"ready": ready, "checks": checks}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def _checks() -> dict[str, dict[str, object]]:
    try:
        alive, seen = last_beat()
    except Error as error:
        missing_table = getattr(error.__cause__, "sqlstate", None) == "42P01"
        if missing_table:
            return {
                "database": {"ok": True},
                "schema": {"ok": False, "reason": "the schema is missing or old: run muster db migrate"},
            }
        return {"database": {"ok": False, "reason": "the database does not answer"}}
    worker: dict[str, object] = {"ok": alive, "seen_at": seen}
    if not alive:
        worker["reason"] = "no worker was seen within 30 s: run muster worker"
    return {"database": {"ok": True}, "schema": {"ok": True}, "worker": worker}
