"""Somebody at a screen: a session that has begun, and how long a page lets them wait."""

import http.client
import re
import time
import urllib.parse
from collections.abc import Mapping
from http.cookies import SimpleCookie


class Seat:
    """A browser without a screen: cookies, and one connection a request."""

    def __init__(self, port: int) -> None:
        """Nobody has logged in yet."""
        self._port = port
        self._cookies: SimpleCookie = SimpleCookie()

    def log_in(self, username: str, password: str) -> None:
        """Through the form, as somebody does."""
        page = self.get("/desk/login")[1].decode()
        mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert mark is not None
        typed = {"username": username, "password": password, "csrfmiddlewaretoken": mark[1]}
        status, content, _ = self._ask("POST", "/desk/login", typed)
        assert status == 303, content[:2000].decode()

    def get(self, address: str) -> tuple[int, bytes, float]:
        """Status, content, and milliseconds until the first byte."""
        return self._ask("GET", address, {})

    def _ask(self, method: str, address: str, typed: Mapping[str, str]) -> tuple[int, bytes, float]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        cookies = "; ".join(f"{name}={kept.value}" for name, kept in self._cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        start = time.perf_counter()
        connection.request(method, address, urllib.parse.urlencode(typed) or None, headers)
        answer = connection.getresponse()
        first = (time.perf_counter() - start) * 1000
        content = answer.read()
        for kept in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.load(kept)
        connection.close()
        return answer.status, content, first
