"""The consent form of a running visit: every item that no fund pays, ordered ones among them, as it was found."""

import json
from itertools import count

import pytest

import banan
from doudi.source_text import read_json
from doudi_web.policy.actions import install_catalogue
from doudi_web.tenancy.who import KEEPER
from web.papers_at_hand import Sheet, paper, poor_person
from web.people import standing
from web.service import Json, Service
from web.test_settling import bill

_numbers = count(1)
ITEMS: list[Json] = [
    {"code": "MESH", "name": "疝补片（进口）", "class": "丙"},
    {"code": "DRESS", "name": "银敷料（国产）", "class": "乙", "first_self_pay_rate": "0.1", "price_ceiling": "30"},
]  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(service: Service) -> str:
    """A catalogue in force that knows two items."""
    assert service
    text = json.dumps({"version": "试", "items": ITEMS}, ensure_ascii=False)
    install_catalogue(KEEPER, read_json("catalogue.json", text), None)
    return "试"


def formed(service: Service, *lines: Json, **more: object) -> Sheet:
    """The form of a running visit with these lines."""
    visit = f"CV{next(_numbers)}"
    person = poor_person(service, f"C{visit}", standings=[standing("dibao")])
    made = {**bill(visit, person), **more}
    header = {key: value for key, value in made.items() if key not in ("lines", "settled")}
    cashier = service.token("cashier", "F")
    assert service.ask("POST", "/api/v1/visits", cashier, header)[0] == 201
    status, told = service.ask(
        "POST", f"/api/v1/visits/{visit}/lines", cashier, {"lines": list(lines)}
    )
    assert status == 201, told
    return paper(
        service, "GET", f"/api/v1/visits/{visit}/consent.pdf", service.token("doctor", "F")
    )


def _ordered(code: str, amount: str, line_id: str, **more: str) -> Json:
    return {
        "id": line_id, "code": code, "quantity": "1", "unit_price": amount, "amount": amount, "draft": True, **more,
    }  # fmt: skip


def test_an_ordered_item_counts_by_what_the_catalogue_says_of_it(
    service: Service, catalogue: str
) -> None:
    assert catalogue
    made = formed(
        service, banan.line("1000.00"), _ordered("MESH", "88.00", "L2"), _ordered("DRESS", "92.00", "L3")
    )  # fmt: skip
    assert made.status == 200, made.told
    assert made.says(
        "下面2项医保不报销，一共150.00元。", "MESH", "88.00", "DRESS", "62.00", "开了没有收费",
    ) == []  # fmt: skip
    assert "还算不出来" not in made.text
    alone = formed(service, banan.line("1000.00"), banan.line("50.00", "丙", "L2"))
    assert "开了没有收费的都用" not in alone.text
    assert (
        made.says(
            "照现在的费用，您这次一共要付153.00元。", "开了没有收费的都用，一共要付308.43元。"
        )
        == []
    )


def test_an_ordered_item_above_its_ceiling_counts_with_what_is_above(service: Service) -> None:
    over = _ordered(
        "D1", "92.00", "L2", name="银离子敷料", price_ceiling="30", first_self_pay_rate="0.1"
    )
    made = formed(service, banan.line("1000.00"), {**over, "class": "乙"})
    assert made.says("下面1项医保不报销，一共62.00元。", "银离子敷料", "开了没有收费") == []


def test_the_form_names_the_main_diagnosis(service: Service) -> None:
    listed = [
        {"code": "I10", "name": "高血压"},
        {"code": "S56.1", "name": "右手示指屈肌腱断裂", "main": True},
    ]
    made = formed(service, banan.line("1000.00"), banan.line("88.00", "丙", "L2"), diagnoses=listed)
    assert made.says("右手示指屈肌腱断裂") == []
    assert "高血压" not in made.text
