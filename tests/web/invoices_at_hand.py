"""A paper invoice at hand: entered by an officer of the township, with a scan."""

import struct
import zlib
from datetime import date
from typing import Any

from doudi_web.notices import making
from doudi_web.reimbursement import entering
from doudi_web.reimbursement.reading import read
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from doudi_web.upkeep import asking, deciding

TYPED = {
    "number": "50001234", "issuer": "西南医院", "issuer_code": "", "level": "3", "district": "500106",
    "kind": "inpatient", "referred": "1", "admitted": "2019-11-04", "discharged": "2019-11-12",
    "issued": "2019-11-12", "total": "10000.00",
}  # fmt: skip
ROWS = {
    "name": ["", "", ""], "class": ["甲", "乙", "丙"], "amount": ["6000.00", "3000.00", "1000.00"],
    "first": ["", "300.00", ""], "over": ["", "", ""],
}  # fmt: skip


def png(width: int = 2, height: int = 2, said: int = 0) -> bytes:
    """A grey picture; `said` another height than it has."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, said or height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def invoice_at_hand(township: str, person: str, **more: str) -> dict[str, Any]:
    """An invoice of somebody of the township that is late by now, and its scan."""
    who = Actor("account:9500", Role.TOWNSHIP_OFFICER, township=township)
    today: date = now().date()
    said = read({**TYPED, **more}, ROWS, home=township[:6], today=today)
    number = entering.enter(who, person, said)
    return {"invoice": number, "scan": entering.bring_scan(who, number, 1, "发票.png", png())}


def township_at_hand(township: str, person: str) -> dict[str, Any]:
    """A renewal that waits, and a notice of it once somebody else has confirmed another."""
    who = Actor("account:9500", Role.TOWNSHIP_OFFICER, township=township)
    admin = Actor("account:9501", Role.DISTRICT_ADMIN)
    numbers: list[int] = []
    for start in ("2019-01-01", "2020-01-01"):
        typed = {"code": "dibao", "from": start, "to": f"{int(start[:4]) + 1}-01-01"}
        digest = asking.look(who, person, "renew", typed).digest
        numbers.append(asking.state(who, person, "renew", typed, digest, "镇里核实过", "").pk)
        if start == "2019-01-01":
            deciding.confirm(admin, numbers[0], "")
    notice = making.make(who, "standing", ("2019-01-01", "2019-01-31", "2019-02-01", "2019-02-08"))
    making.objected(who, notice, "有人说他有车")
    return {"change": numbers[1], "notice": notice}
