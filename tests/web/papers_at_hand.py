"""Papers as their readers have them: asked for over the interface, and their text read back."""

import io
import json
from dataclasses import dataclass
from itertools import count
from typing import Any

import pypdf
from django.test import Client

from web import people
from web.service import Json, Service

_numbers = count(1)


@dataclass(frozen=True)
class Sheet:
    """A paper that came: its bytes, its text without breaks and blanks, and how many pages it has."""

    status: int
    content: bytes
    told: Json

    @property
    def pages(self) -> int:
        return len(pypdf.PdfReader(io.BytesIO(self.content)).pages)

    @property
    def text(self) -> str:
        return squeezed(read(self.content))

    def says(self, *parts: str) -> list[str]:
        """Of these texts those that the paper does not say."""
        text = self.text
        return [part for part in parts if squeezed(part) not in text]


def read(content: bytes) -> str:
    """The text of a PDF."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    """A text without white space: where a line breaks says nothing."""
    return "".join(text.split())


def paper(service: Service, method: str, path: str, token: str, body: object = None) -> Sheet:
    """Ask for a paper."""
    assert service
    kwargs: Any = (
        {} if method == "GET" else {"data": json.dumps(body), "content_type": "application/json"}
    )
    answer = Client(raise_request_exception=False).generic(
        method, path, headers={"Authorization": f"Bearer {token}"}, **kwargs
    )
    is_pdf = answer["Content-Type"] == "application/pdf"
    return Sheet(answer.status_code, answer.content, {} if is_pdf else json.loads(answer.content))


def poor_person(service: Service, key: str, **more: Any) -> str:
    """Somebody of the register with a name, a village, a standing and a family doctor."""
    for table, row in (
        ("tenancy_district", "('500113', '巴南', '')"),
        ("tenancy_township", "('500113001', '柳溪镇', '500113')"),
        ("tenancy_village", "('500113001001', '石桥村', '500113001')"),
        ("tenancy_facility (code, name, level, district)", "('F', '柳溪医院', '2', '500113')"),
        ("tenancy_facility (code, name, level, district)", "('TS', '石桥镇卫生院', '1', '500113')"),
    ):
        with_key = f"INSERT INTO {table} VALUES {row} ON CONFLICT DO NOTHING RETURNING 1"
        service.rows(with_key)
    stated = {
        "name": "田守禾",
        "village": "500113001001",
        "standings": [people.standing("registered_poor")],
        "tiers": [{"tier": "tier_1", "from": "1970-01-01"}],
        "doctors": [{"name": "罗春霖", "phone": "023-0000-0119", "facility": "TS"}],
        **more,
    }
    made = people.person(key, 100 + next(_numbers), **stated)
    admin = service.token("district_admin")
    status, told = service.ask("POST", "/api/v1/persons", admin, {"persons": [made]})
    assert status == 201, told
    return key
