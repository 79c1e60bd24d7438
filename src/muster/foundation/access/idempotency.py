"""`Idempotency-Key`: a request sent twice is carried out once, and answered twice alike (design 13).

The key, the command and its answer are one transaction: of two that come at once the second waits, and a
process that dies in between leaves neither.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from muster.core.refusal import Refused
from muster.foundation.access.fields import seal, unseal
from muster.foundation.access.models import IdempotencyKey
from muster.foundation.access.reasons import Idempotency

KEPT = timedelta(hours=24)
LONGEST_KEY_CHARS = 255

_CLAIM = """
    INSERT INTO access_idempotencykey (person_id, key, request_hash) VALUES (%s, %s, %s)
    ON CONFLICT (person_id, key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: kept encrypted, because it may show a new token."""

    status: int
    body: str
    content_type: str
    is_replay: bool = False


def once(
    person_id: int, key: str, request: bytes, *, at: datetime, carry_out: Callable[[], Answer]
) -> Answer:
    """Carry a request out, or return the answer it got before. Only 2xx are kept: an error changed nothing.

    Raises:
        Refused: the key is too long or not printable, or was used for another request.
    """
    if not 0 < len(key) <= LONGEST_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise Refused(Idempotency.KEY_INVALID)
    digest = hashlib.sha256(request).digest()
    with transaction.atomic():
        IdempotencyKey.objects.filter(person_id=person_id, at__lt=at - KEPT).delete()
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [person_id, key, digest])
            is_new = cursor.rowcount == 1
        if not is_new:
            return _replayed(person_id, key, digest)
        answer = carry_out()
        if not 200 <= answer.status < 300:
            transaction.set_rollback(True)
            return answer
        kept = seal([answer.body, answer.content_type]).encode()
        IdempotencyKey.objects.filter(person_id=person_id, key=key).update(status=answer.status, body=kept)
        return answer


def _replayed(person_id: int, key: str, digest: bytes) -> Answer:
    row = IdempotencyKey.objects.get(person_id=person_id, key=key)
    if bytes(row.request_hash) != digest:
        raise Refused(Idempotency.KEY_REUSED)
    body, content_type = unseal(bytes(row.body or b"").decode())
    return Answer(row.status or 200, body, content_type, is_replay=True)
