"""The mapping queue on real input: what is charged and stands for nothing, the dearest first. Nothing that has gone
is in it, and nothing that has come is missing."""

import psycopg
import pytest

from doudi.source_text import Document, Value
from doudi_web.matching import keeping
from doudi_web.policy.actions import install_mapping
from doudi_web.tenancy.who import KEEPER
from web.matching_at_hand import (
    CUTTER,
    ITEMS,
    MESH,
    SYRINGE,
    charge,
    fee_lines,
    install,
    line,
    mapping_without,
    office,
    queued,
)
from web.people import codes
from web.service import Json, Service

ROOM = "R1"
pytestmark = pytest.mark.usefixtures("visit")


@pytest.fixture(scope="module")
def visit(service: Service) -> str:
    install(service, ROOM, mapping_without(MESH, CUTTER, SYRINGE))
    keeping.keep_up()
    return charge(service, ROOM, fee_lines())


def as_it_is(service: Service, token: str) -> Json:
    """The queue without another look before."""
    return service.ask("GET", ITEMS, token)[1]


def test_what_is_charged_and_not_mapped_is_queued_the_dearest_first(
    service: Service, visit: str
) -> None:
    told = queued(service, office(service, ROOM))
    assert [
        (one["code"], one["name"], one["lines"], one["visits"], one["amount"], one["since"], one["what"])
        for one in told["items"] if one["blocks"]
    ] == [
        (MESH, "疝补片（国产）", 1, 1, "1150.00", "2019-06-12", ["unmapped"]),
        (CUTTER, "皮肤吻合器（35钉）", 1, 1, "160.00", "2019-06-12", ["unmapped"]),
        (SYRINGE, "一次性注射器（国产）", 2, 1, "4.80", "2019-06-12", ["unmapped"]),
    ]  # fmt: skip
    assert (told["blocking"], told["current"]) == (3, True)
    doubts = [(one["code"], one["what"]) for one in told["items"] if not one["blocks"]]
    assert ("H90001", ["unknown"]) in doubts
    here = queued(service, office(service, ROOM), visit=visit)
    assert (here["count"], here["amount"]) == (3, "1314.80")
    assert queued(service, office(service, ROOM), visit="none")["count"] == 0


def test_the_best_suggestion_stands_beside(service: Service, visit: str) -> None:
    told = queued(service, office(service, ROOM), visit=visit)
    assert [(one["name"], one["best"]["name"], one["best"]["identical"]) for one in told["items"]] == [
        ("疝补片（国产）", "疝补片（国产）", True),
        ("皮肤吻合器（35钉）", "皮肤吻合器（国产）", False),
        ("一次性注射器（国产）", "一次性注射器（国产）", True),
    ]  # fmt: skip


def test_what_is_withdrawn_or_settled_is_gone_at_once(service: Service) -> None:
    token = office(service, ROOM)
    other = charge(service, ROOM, [line("X1", "10.00", "L1"), line("X1", "5.00", "L2")])
    (one,) = queued(service, token, visit=other)["items"]
    assert (one["lines"], one["amount"]) == (2, "15.00")
    path = f"/api/v1/visits/{other}"
    assert service.ask("DELETE", f"{path}/lines/L1", token)[0] == 200
    (one,) = queued(service, token, visit=other)["items"]
    assert (one["lines"], one["amount"]) == (1, "5.00")
    assert service.ask("DELETE", f"{path}/lines/L2", token)[0] == 200
    assert queued(service, token, visit=other)["items"] == []
    more = {"lines": [{**line("X2", "100.00", "L3"), "class": "甲"}]}
    assert service.ask("POST", f"{path}/lines", token, more)[0] == 201
    (one,) = queued(service, token, visit=other)["items"]
    assert (one["what"], one["blocks"]) == (["stated"], False)
    settled = service.ask("POST", f"{path}/settle", token, {"message_id": "s1"})
    assert settled[0] == 201, settled
    assert queued(service, token, visit=other)["items"] == []
    number = settled[1]["settlement_id"]
    asked = {"message_id": "s2", "reason": "误结"}
    assert (
        service.ask("POST", f"/api/v1/settlements/{number}/reverse", token, asked)[0] == 201
    )  # it runs again
    assert [x["code"] for x in queued(service, token, visit=other)["items"]] == ["X2"]


def test_a_visit_that_runs_again_is_looked_at_again_whatever_was_kept(service: Service) -> None:
    token = office(service, ROOM)
    other = charge(service, ROOM, [line("X4", "100.00", "L1", **{"class": "甲"})])
    assert [x["code"] for x in queued(service, token, visit=other)["items"]] == ["X4"]
    asked = {"message_id": "s3"}
    _, told = service.ask("POST", f"/api/v1/visits/{other}/settle", token, asked)
    service.rows("UPDATE matching_looked SET day = '2019-01-01' RETURNING facility")  # another day
    assert not as_it_is(service, token)["current"]
    assert keeping.keep_up()
    of = "SELECT count(*) FROM matching_line l JOIN settlement_visit v ON v.id = l.visit WHERE v.visit = %s"
    assert service.rows(of, other) == [(0,)]
    reverse = f"/api/v1/settlements/{told['settlement_id']}/reverse"
    assert service.ask("POST", reverse, token, {"message_id": "s4", "reason": "误结"})[0] == 201
    assert [x["code"] for x in queued(service, token, visit=other)["items"]] == ["X4"]


def test_a_refused_bill_is_queued_until_it_is_given_up(service: Service) -> None:
    token = office(service, ROOM)
    where = {"code": ROOM, "level": "2", "district": "500113"}
    bill = {
        "visit_id": "Q1", "person": {"id": "PQ1", "birth_date": "1970-01-01", "insurance_tier": "tier_1",
        "standings": []}, "facility": where, "kind": "outpatient", "settled": "2019-06-13",
        "lines": [line("X3", "7.50", "A"), line("X3", "2.50", "B")],
    }  # fmt: skip
    status, told = service.settle(token, bill)
    assert (status, codes(told)) == (422, ["F320", "F320"])
    (one,) = queued(service, token, text="X3")["items"]
    assert (one["lines"], one["visits"], one["amount"]) == (2, 1, "10.00")
    _, told = service.ask("GET", "/api/v1/quarantine", token)
    path = f"/api/v1/quarantine/{told['refused'][-1]['id']}/release"
    assert service.ask("POST", path, token, {"reason": "没有这次就医"})[0] == 200
    assert queued(service, token, text="X3")["items"] == []


def test_what_is_not_looked_at_yet_is_counted_and_reading_writes_nothing(service: Service) -> None:
    token = office(service, ROOM)
    assert queued(service, token)["current"]
    charge(service, ROOM, [line("X5", "1.00", "L1"), line("X5", "1.00", "L2")])
    tables = ("item", "line", "doubt", "looked", "mark", "again", "refused")
    content = " UNION ALL ".join(
        f"SELECT '{t}', md5(string_agg(x::text, '|')) FROM matching_{t} x" for t in tables
    )
    before = service.rows(content)
    told = as_it_is(service, token)
    assert (told["current"], told["new_lines"]) == (False, 2)
    assert service.rows(content) == before
    assert queued(service, token)["new_lines"] == 0


def test_a_new_mapping_is_looked_at_for_all_that_runs(service: Service, visit: str) -> None:
    token = office(service, ROOM)
    install_mapping(KEEPER, ROOM, mapping_without(MESH), None)
    assert not as_it_is(service, token)["current"]
    assert [one["code"] for one in queued(service, token, visit=visit)["items"]] == [
        MESH, CUTTER,
    ]  # fmt: skip
    install_mapping(KEEPER, ROOM, mapping_without(MESH, CUTTER, SYRINGE), None)
    found = [one["code"] for one in queued(service, token, visit=visit)["items"]]
    assert found == [MESH, CUTTER, SYRINGE]


def test_lines_that_are_committed_late_are_not_passed_over(service: Service) -> None:
    """A line's number is given before the line is seen: two that charge at once commit in any order."""
    token = office(service, ROOM)
    late, early = charge(service, ROOM, []), charge(service, ROOM, [])
    insert = (
        "INSERT INTO settlement_feeline (visit_id, line, content, added)"
        " SELECT id, 'L1', jsonb_build_object('id', 'L1', 'hospital_code', 'LATE', 'quantity', '1',"
        " 'unit_price', '3.00', 'amount', '3.00', 'date', '2019-06-12'), now()"
        " FROM settlement_visit WHERE visit = %s"
    )
    with psycopg.connect(service.url) as slow:
        slow.execute("SELECT 1 FROM settlement_visit WHERE visit = %s FOR UPDATE", [late])
        slow.execute(insert, [late])
        lines = {"lines": [line("EARLY", "4.00", "L1")]}
        assert service.ask("POST", f"/api/v1/visits/{early}/lines", token, lines)[0] == 201
        for _ in range(4):
            assert keeping.keep_up()
        assert [x["code"] for x in queued(service, token, visit=early)["items"]] == ["EARLY"]
        assert queued(service, token, visit=late)["items"] == []
    for _ in range(4):
        assert keeping.keep_up()
    assert [x["code"] for x in queued(service, token, visit=late)["items"]] == ["LATE"]
    mark = "SELECT done = (SELECT max(id) FROM settlement_feeline) FROM matching_mark"
    assert service.rows(mark) == [(True,)]


def test_without_a_catalogue_only_what_nobody_knows_the_class_of_is_queued() -> None:
    lists = keeping.rules(keeping.generation()).lists_of("nowhere")
    stated = keeping.parsed([line("A", "1.00", "L1", **{"class": "甲"}), line("B", "1.00", "L2")])
    among = {one.id: one for one in stated}
    empty = type(lists)()
    day = keeping.now().date()
    assert [x.code for x in keeping.to_look_at(stated, among, empty, day)] == ["B"]
    assert [x.code for x in keeping.to_look_at(stated, among, lists, day)] == ["A", "B"]


def test_what_a_bill_says_of_the_class_and_a_name_unlike_are_doubted(service: Service) -> None:
    wrong: dict[str, Value] = {"name": "血糖试纸"}
    install(service, "R2", mapping_without(H00208=wrong))
    token = office(service, "R2")
    seen = charge(
        service, "R2", [line("H00001", "10.00", "L1", "阿莫西林胶囊 0.25g×24", **{"class": "丙"})]
    )
    keeping.keep_up()
    (one,) = queued(service, token, visit=seen)["items"]
    assert (one["code"], one["what"], one["blocks"]) == ("H00001", ["class_differs"], False)
    (one,) = queued(service, token, what="name_differs")["items"]
    assert (one["code"], one["name"]) == ("H00208", "血糖试纸")
    path = f"/api/v1/mapping/items/{one['item']}"
    _, told = service.ask("GET", path, token)
    assert [(d["what"], d["own"], d["catalogue"]) for d in told["doubts"]] == [
        ("name_differs", "血糖试纸", "住院诊查费")
    ]


def test_a_hospital_sees_its_own_and_the_district_says_which(service: Service) -> None:
    assert queued(service, office(service, "R9"))["items"] == []
    district = service.token("district_admin")
    assert queued(service, district, facility=ROOM)["blocking"] >= 3
    status, told = service.ask("GET", "/api/v1/mapping/items", district)
    assert (status, codes(told)) == (422, ["F201"])
    status, told = service.ask(
        "GET", f"/api/v1/mapping/items?facility={ROOM}", office(service, "R9")
    )
    assert (status, codes(told)) == (403, ["S404"])
    _, told = service.ask("GET", "/api/v1/mapping/facilities", district)
    found = {one["facility"]: one["blocking"] for one in told["facilities"]}
    assert found[ROOM] == queued(service, district, facility=ROOM)["blocking"]


def test_hostile_names_are_texts(service: Service) -> None:
    names = [
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "'; DROP TABLE matching_item; --",
        "名" * 10_000,
    ]
    seen = charge(
        service, ROOM, [line(f"Z{n}", "1.00", f"L{n}", name) for n, name in enumerate(names)]
    )
    told = queued(service, office(service, ROOM), visit=seen)
    assert [one["name"] for one in told["items"]] == [*names[:3], "名" * 400]
    status, _ = service.ask(
        "GET", "/api/v1/mapping/catalogue?text=%3Cscript%3E", office(service, ROOM)
    )
    assert status == 200


def test_the_table_may_be_any_document(service: Service) -> None:
    """A mapping as JSON with whole numbers as codes is amended as it stands."""
    document = Document("m", {"items": [{"hospital_code": 7, "code": "X"}]})
    install_mapping(KEEPER, "R3", document, None)
    keeping.keep_up()
    (one,) = queued(service, office(service, "R3"))["items"]
    assert (one["code"], one["what"]) == ("7", ["unknown"])
