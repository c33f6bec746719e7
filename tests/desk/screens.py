"""Somebody who has logged in, before pages of the application in this process."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory

from doudi_web.tenancy import sessions
from doudi_web.tenancy.models import Account
from web.accounts import person


@dataclass
class Screen:
    """A browser without scripts: what a page says, and where its forms lead."""

    account: Account
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __post_init__(self) -> None:
        request = RequestFactory().get("/")
        request.session = SessionStore()
        sessions.begin(request, self.account)
        request.session.save()
        self.client.cookies["doudi_session"] = request.session.session_key

    def get(self, path: str, **headers: str) -> HttpResponse:
        """Open an address."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> HttpResponse:
        """Send a form."""
        return self.client.post(path, data, headers=headers)


def screen(role: str, facility: str | None = None, township: str | None = None) -> Screen:
    """Somebody of a role, at work."""
    return Screen(person(role, facility, township))


def text_of(answer: HttpResponse) -> str:
    """What is read on a page: without tags, spaces drawn together."""
    content = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", content))).strip()


def heading_of(answer: HttpResponse) -> str:
    """The one h1."""
    found = re.findall(r"(?s)<h1[^>]*>(.*?)</h1>", answer.content.decode())
    assert len(found) == 1, found
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", found[0]))).strip()
