"""The service as its clients see it, in this process: requests in, status and JSON out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg
from django.test import Client

from banan import FOLDER
from doudi.packs.load import Files
from doudi.wire.pack_folder import PackFolder
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import new_token

Json = dict[str, Any]


def shipped() -> Mapping[str, Files]:
    """The packs that come with the program."""
    folder = PackFolder(FOLDER)
    return {pack_id: folder.find(pack_id) or {} for pack_id in folder.ids()}


@dataclass
class Service:
    """A running application; `url` is its database, for looking behind its back."""

    url: str
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def token(self, role: str = "system_client", facility: str | None = None, **more: Any) -> str:
        """A new client's token, that works at once."""
        stated = {
            "may_back_date": False,
            "expires": None,
            "township": None,
            "confirmed": now(),
            **more,
        }
        return new_token("test", Role(role), facility, **stated)[1]

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: object = None,
        *,
        address: str = "127.0.0.1",
    ) -> tuple[int, Json]:
        """Status and JSON of a request; `body` may be bytes, to send what is no JSON."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        content = body if isinstance(body, bytes) else json.dumps(body)
        kwargs: Json = (
            {} if method == "GET" else {"data": content, "content_type": "application/json"}
        )
        answer = Client(raise_request_exception=False).generic(
            method, path, headers=headers, REMOTE_ADDR=address, **kwargs
        )
        is_json = answer.content and "json" in answer.headers.get("Content-Type", "")
        return answer.status_code, json.loads(answer.content) if is_json else {}

    def facilities(self, *codes: str) -> None:
        """Hospitals of the second level in the district."""
        for code in codes:
            self.rows(
                "INSERT INTO tenancy_facility (code, name, level, district) VALUES (%s, '院', '2', '500113')"
                " ON CONFLICT (code) DO UPDATE SET name = '院' RETURNING code",
                code,
            )

    def settle(self, token: str, bill: Json, message: str | None = None) -> tuple[int, Json]:
        """Ask for a settlement under a message id of its own, or the one that is given."""
        message = message or f"m{next(self._numbers)}"
        return self.ask("POST", "/api/v1/settlements", token, {"message_id": message, "bill": bill})

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows read behind the application's back."""
        with psycopg.connect(self.url, autocommit=True) as database:
            return database.execute(sql, values).fetchall()
