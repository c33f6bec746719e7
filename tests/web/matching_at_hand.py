"""A hospital with the sample catalogue, the sample mapping less some items, and the sample fee list on a running
visit: what of it stands for nothing is known to the fen."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from banan import FOLDER
from doudi.catalogue import Catalogue
from doudi.source_text import Document
from doudi.wire.catalogue_file import catalogue_document, read_catalogue
from doudi.wire.fees import read_fees
from doudi.wire.mapping_file import mapping_document
from doudi.wire.sheets import read
from doudi_web.matching import keeping
from doudi_web.policy.actions import install_catalogue, install_mapping
from doudi_web.tenancy.who import KEEPER
from web.service import Json, Service
from web.test_interface import MAPPING, OPERATIONS, hold
from web.test_visits import header

EXAMPLES = FOLDER.parent / "examples"
ITEMS, PROPOSALS, CONFIRM = (
    f"/api/v1/mapping/{name}" for name in ("items", "proposals", "confirm")
)
MESH, CUTTER, SYRINGE = "H00313", "H00307", "H00274"
"""疝补片（国产） 1,150.00 yuan; 皮肤吻合器（35钉） 160.00, which the sample mapping does not have;
一次性注射器（国产） 6.40, of which 1.60 was returned."""
MESH_CODE, CUTTER_CODE, SYRINGE_CODE = (
    "C1404300013010000247", "C1202100011010000209", "C0100000000010000000",
)  # fmt: skip
_visits = count(1)


def sample_document() -> Document:
    """The sample catalogue as a document."""
    file = EXAMPLES / "catalogue" / "sample.csv"
    return catalogue_document(file.name, read(file.name, file.read_bytes()))


def sample() -> Catalogue:
    """The sample catalogue."""
    return read_catalogue(sample_document())


def mapping_without(*codes: str, **changed: Any) -> Document:
    """The sample mapping less some own codes; `changed` are entries under their own codes, in whole or in part."""
    file = EXAMPLES / "catalogue" / "mapping.csv"
    document = mapping_document(file.name, read(file.name, file.read_bytes()))
    items: Any = document.value
    kept = [
        {**one, **changed.get(one["hospital_code"], {})}
        for one in items["items"]
        if one["hospital_code"] not in codes
    ]
    return Document("mapping", {**items, "items": kept})


def install(service: Service, facility: str, mapping: Document | None = None) -> None:
    """The sample catalogue in force, and a hospital's mapping; its row in the register."""
    service.facilities(facility)
    install_catalogue(KEEPER, sample_document(), None)
    if mapping is not None:
        install_mapping(KEEPER, facility, mapping, None)


def fee_lines() -> list[Json]:
    """The sample fee list as lines of a bill."""
    file = EXAMPLES / "hospital" / "fees.csv"
    return [
        {key: str(value) if isinstance(value, Decimal | date) else value for key, value in line.items()}
        for line in read_fees(file.name, file.read_bytes()).lines
    ]  # fmt: skip


def charge(
    service: Service, facility: str, lines: Sequence[Json], visit: str | None = None, **more: Any
) -> str:
    """A running visit of the hospital with lines; its number."""
    token = service.token(may_back_date=True)
    number = visit or f"MV{next(_visits)}"
    where = {"code": facility, "level": "2", "district": "500113"}
    stated = header(
        number, f"P{number}", facility=where, admitted="2019-06-10", settled="2019-06-17", **more
    )
    status, told = service.ask("POST", "/api/v1/visits", token, stated)
    assert status in (200, 201), told
    if lines:
        path = f"/api/v1/visits/{number}/lines?facility={facility}"
        status, told = service.ask("POST", path, token, {"lines": list(lines)})
        assert status == 201, told
    return number


def line(code: str, amount: str, line_id: str, name: str = "甲乙丙", **more: Any) -> Json:
    """A line of quantity 1 with the hospital's own code."""
    return {
        "id": line_id, "hospital_code": code, "name": name, "quantity": "1", "unit_price": amount, "amount": amount,
        "date": "2019-06-12", **more,
    }  # fmt: skip


HELD: set[str] = set()
"""Operations of the queue that were answered, and answered in their shape."""


def ask(
    service: Service, method: str, path: str, token: str, body: object = None
) -> tuple[int, Json]:
    """An answer of the queue, held against the shape that is described of it."""
    status, told = service.ask(method, path, token, body)
    for name in MAPPING:
        asked, pattern, _ = OPERATIONS[name]
        form = re.sub(r"\\{[a-z]+\\}", "[0-9]+", re.escape(pattern))
        if asked == method and re.fullmatch(form, path.partition("?")[0]):
            hold(name, status, told)
            HELD.update({name} if status < 300 else ())
    return status, told


def office(service: Service, facility: str) -> str:
    """A token of the hospital's insurance office; two of them are two accounts."""
    return service.token("insurance_office", facility, may_back_date=True)


def queued(service: Service, token: str, **query: str) -> Json:
    """The queue as the interface tells it, after the next look."""
    assert keeping.keep_up()
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    status, told = ask(service, "GET", f"{ITEMS}?{asked}", token)
    assert status == 200, told
    return told


def item_of(service: Service, token: str, code: str, **query: str) -> int:
    """The number of an item in the queue."""
    return next(
        one["item"] for one in queued(service, token, **query)["items"] if one["code"] == code
    )


def queued_item(service: Service, facility: str) -> int:
    """An item of the hospital that was in the queue once; its number."""
    found = service.rows(
        "INSERT INTO matching_item (facility, code, name, stated_code, found, suggestions, suggested_for, kept)"
        " VALUES (%s, 'X', '试', '', now(), '[]', '', '') RETURNING id",
        facility,
    )
    return int(found[0][0])


def propose(service: Service, token: str, *stated: Json) -> tuple[int, Json]:
    """Ask for proposals."""
    return ask(service, "POST", PROPOSALS, token, {"proposals": list(stated)})


def confirm(service: Service, token: str, *numbers: int) -> tuple[int, Json]:
    """Confirm proposals."""
    return ask(service, "POST", CONFIRM, token, {"proposals": list(numbers)})
