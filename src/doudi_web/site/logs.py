"""The service's log: one JSON object a line, and no personal data in it."""

import json
import logging
from datetime import UTC, datetime

_KEYS = ("request_id", "method", "route", "status", "milliseconds", "actor")


class JsonLines(logging.Formatter):
    """A record as one line; beside its text only what a request may say of itself."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record. An exception's text may hold what was sent: only its kind and places are told."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at, "level": record.levelname, "logger": record.name, "text": record.getMessage(),
        }  # fmt: skip
        line |= {key: value for key in _KEYS if (value := getattr(record, key, None)) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            places: list[str] = []
            while trace is not None:
                code = trace.tb_frame.f_code
                places.append(f"{code.co_name}:{trace.tb_lineno}")
                trace = trace.tb_next
            line["places"] = places
        return json.dumps(line, ensure_ascii=False)
