"""People at their screens: accounts that log in, each with the cookies of a browser of its own."""

import json
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Account

PASSWORD = "Kc7-quiet-river"
_numbers = count(1)


@cache
def _hash_of(password: str, hashers: tuple[str, ...]) -> str:
    """Made slow on purpose: once is enough for a run, and for each way of hashing that a test asks for."""
    assert hashers
    return make_password(password)


def person(
    role: str, facility: str | None = None, township: str | None = None, **more: Any
) -> Account:
    """An account that may work at once."""
    number = next(_numbers)
    return Account.objects.create(
        **{
            "username": f"u{number:04d}", "name": f"某{number}", "role": role, "facility_id": facility,
            "township_id": township, "confirmed": now(), "must_change": False, "password_changed": now(),
            "password": _hash_of(PASSWORD, tuple(settings.PASSWORD_HASHERS)), **more,
        }
    )  # fmt: skip


@dataclass
class Browser:
    """Cookies, and the mark that a page puts into what it writes."""

    address: str = "10.0.0.1"
    csrf: str = ""
    client: Client = field(
        default_factory=lambda: Client(raise_request_exception=False, enforce_csrf_checks=True)
    )

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of a request."""
        sent = {"X-CSRFToken": self.csrf, **headers} if self.csrf else headers
        content = body if isinstance(body, bytes) else json.dumps(body)
        kwargs: dict[str, Any] = (
            {} if method == "GET" else {"data": content, "content_type": "application/json"}
        )
        answer = self.client.generic(method, path, headers=sent, REMOTE_ADDR=self.address, **kwargs)
        is_json = answer.content and "json" in answer.headers.get("Content-Type", "")
        told = json.loads(answer.content) if is_json else {}
        if isinstance(told, dict) and "csrf" in told:
            self.csrf = told["csrf"]
        return answer.status_code, told

    def log_in(self, account: Account, password: str = PASSWORD, **more: str) -> tuple[int, Any]:
        """Log in."""
        body = {"username": account.username, "password": password, **more}
        return self.ask("POST", "/api/v1/login", body)


def codes(told: dict[str, Any]) -> list[str]:
    """The codes of a refusal."""
    return [f["code"] for f in told["faults"]]
