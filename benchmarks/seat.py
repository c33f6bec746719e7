"""Somebody at a screen: a session that has begun, and how long a page lets them wait."""

import http.client
import re
import time
import urllib.parse
from collections.abc import Mapping
from http.cookies import SimpleCookie


class Seat:
    """A browser without a screen: cookies, one connection a request, where the last answer leads to."""

    def __init__(self, port: int) -> None:
        """Nobody has logged in yet."""
        self._port = port
        self._cookies: SimpleCookie = SimpleCookie()
        self._leads_to = ""

    def log_in(self, username: str, password: str) -> None:
        """Through the form, as somebody does."""
        self.post("/desk/login", {"username": username, "password": password})

    def post(self, page: str, typed: Mapping[str, str]) -> tuple[str, float]:
        """The form of a page is sent: where it leads, and the milliseconds until then."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page)[1].decode())
        assert found is not None, page
        status, content, first = self._ask("POST", page, {**typed, "csrfmiddlewaretoken": found[1]})
        assert status == 303, content[:2000].decode()
        return self._leads_to, first

    def get(self, address: str) -> tuple[int, bytes, float]:
        """Status, content, and milliseconds until the first byte."""
        return self._ask("GET", address, {})

    def _ask(self, method: str, address: str, typed: Mapping[str, str]) -> tuple[int, bytes, float]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        cookies = "; ".join(f"{name}={kept.value}" for name, kept in self._cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        start = time.perf_counter()
        connection.request(method, address, urllib.parse.urlencode(typed) or None, headers)
        answer = connection.getresponse()
        first = (time.perf_counter() - start) * 1000
        content, self._leads_to = answer.read(), answer.headers.get("Location", "")
        for kept in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.load(kept)
        connection.close()
        return answer.status, content, first
