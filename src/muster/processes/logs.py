"""Logs: one line per event on standard error, as text or as JSON (MUSTER_LOG_FORMAT)."""

import json
import logging
import re
import sys
from datetime import UTC, datetime


class _Text(logging.Formatter):
    """Line breaks are escaped: an untrusted byte can not forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = super().format(record) if record.exc_info else record.getMessage()
        return f"{at} {record.levelname.lower()} {record.name}: {_one_line(_masked(text))}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _masked(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = _masked(self.formatException(record.exc_info))
        return json.dumps(line)


def configure(log_format: str) -> None:
    """Send everything from level INFO of our own, WARNING of others, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    handler.addFilter(_worth_a_line)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("muster").setLevel(logging.INFO)


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Django tells of each 4xx and 503 it answers: the client knows; a fault has its traceback."""
    return record.name != "django.request" or bool(record.exc_info)


_DOORS = r"/in/[\w-]+/|/integrations/v1/\w+/|/integrations/generic/20131114/alert/|/v2/alert_events/\w+/"
_SECRETS = re.compile(
    rf"(/p/|/ping/|/set-up/|/password/reset/key/|/calendars/|{_DOORS})[^\s/?\"']+|(mst_)[\w-]+|(ticket=)[^\s&\"']+"
)


def _masked(text: str) -> str:
    """Links, keys and tokens that open something never stand in a log (design 13)."""
    return _SECRETS.sub(lambda found: next(filter(None, found.groups())) + "***", text)


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
