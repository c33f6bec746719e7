"""A floor amount at the bank: in one batch at a time, by two persons, failed, mended, given back."""

import csv
import io
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from doudi.errors import Faulty
from doudi_web.payments import again, filing, making, profiles, releasing, replying
from doudi_web.payments.orders import batch, payments
from doudi_web.register import payees, rotation
from doudi_web.settlement import tables
from doudi_web.settlement.answers import Answer
from doudi_web.settlement.ledger import sm3
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.floor_at_hand import decide, entry_of, poor, reversed_, settled, states
from web.payments_at_hand import (
    ACCOUNTANT,
    ADMIN,
    MONTH,
    OTHER_ACCOUNTANT,
    OTHER_ADMIN,
    account,
    approved,
    made,
    message,
    released,
    reply,
    sent,
    state_of,
    took,
)
from web.service import Service

_PERSONS = [f"PP{n}" for n in range(20)]
_places = itertools.count(1)


@pytest.fixture(scope="module")
def office(service: Service) -> Service:
    poor(service, *_PERSONS)
    return service


@pytest.fixture
def place(office: Service) -> str:
    """A hospital of a test's own, with an account. What other tests left approved is paid first."""
    code = f"H{next(_places)}"
    office.facilities(code)
    account(code)
    return code


def codes(refused: "pytest.ExceptionInfo[Refusal]") -> tuple[int, list[str]]:
    return refused.value.status, [one.code for one in refused.value.faults]


def floor(office: Service, place: str) -> dict[int, str]:
    return {entry: state for entry, state, _ in states(office, f"?facility={place}")}


def test_approved_amounts_are_gathered_released_sent_and_paid(office: Service, place: str) -> None:
    first, second = (approved(office, one, place) for one in _PERSONS[:2])
    batch = made()
    number = batch["number"]
    assert batch["payments"] == [
        {"row": 1, "facility": place, "owed": "269.58", "returned": "0.00", "amount": "269.58",
         "entries": [first, second]}
    ]  # fmt: skip
    released(number)
    rows = sent(number)
    assert [(r["收款账号"], r["收款户名"], r["金额"], r["批次号"]) for r in rows] == [
        (f"62220000{place[1:]:0>8}", f"{place}医院", "269.58", number)
    ]
    assert took(number, reply(rows)) | {"digest": ""} == {
        "number": number, "state": "done", "paid": 1, "failed": 0, "waiting": 0, "amount": "269.58", "digest": "",
    }  # fmt: skip
    assert state_of(office, number) == ("done", [(place, "paid", "R1", "")])
    assert floor(office, place) == {first: "paid", second: "paid"}
    found = filing.voucher_of(ACCOUNTANT, number, "voucher_csv", "").content.decode("utf-8-sig")
    lines = found.splitlines()
    assert [line.split(",")[3:7] for line in lines[1:]] == [
        ['"5001"', '"政府兜底支出"', "269.58", ""], ['"1002"', '"银行存款"', "", "269.58"],
    ]  # fmt: skip


def test_what_failed_is_mended_approved_again_and_goes_into_a_next_batch(
    office: Service, place: str
) -> None:
    entry = approved(office, _PERSONS[2], place)
    number = made()["number"]
    released(number)
    rows = sent(number)
    assert took(number, reply(rows, {"1": "户名不符"}))["failed"] == 1
    assert state_of(office, number) == ("done", [(place, "failed", "", "户名不符")])
    assert floor(office, place) == {entry: "failed"}
    with pytest.raises(Refusal) as refused:
        made()
    assert codes(refused) == (409, ["S583"])
    account(place, "6222009999999999", "更正的户名")
    assert decide(office, office.token("district_admin"), "approve", [entry])[0] == 201
    again = made()
    assert again["number"] != number
    released(again["number"])
    rows = sent(again["number"])
    assert (rows[0]["收款账号"], rows[0]["收款户名"]) == ("6222009999999999", "更正的户名")
    took(again["number"], reply(rows))
    assert floor(office, place) == {entry: "paid"}
    assert state_of(office, number)[0] == "done"


def test_an_amount_is_in_one_batch_and_nobody_decides_on_it_beside_it(
    office: Service, place: str
) -> None:
    entry = approved(office, _PERSONS[3], place)
    number = made()["number"]
    with pytest.raises(Refusal) as refused:
        made()
    assert codes(refused) == (409, ["S583"])
    for what in ("paid", "failed"):
        status, told = decide(office, office.token("fund_accountant"), what, [entry])
        assert (status, told["faults"][0]["code"]) == (409, "S721")
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO clearing_hold (entry, holder) VALUES (%s, 'x')", [entry])
    releasing.cancel(ADMIN, message(), {}, number, "账户还要核")
    assert (state_of(office, number)[0], floor(office, place)) == ("cancelled", {entry: "approved"})
    other = made()
    assert other["payments"][0]["entries"] == [entry]
    assert other["number"] != number
    releasing.cancel(ACCOUNTANT, message(), {}, other["number"], "试完")
    decide(office, office.token("fund_accountant"), "paid", [entry])


def test_two_at_once_make_one_batch_of_an_amount(office: Service, place: str) -> None:
    for person in _PERSONS[:3]:
        approved(office, person, place)

    def work(by: Actor) -> str:
        try:
            return str(made(by)["number"])
        except Refusal as refused:
            return refused.faults[0].code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(work, [ACCOUNTANT, OTHER_ACCOUNTANT] * 2))
    numbers = [one for one in told if one != "S583"]
    assert (len(numbers), told.count("S583")) == (1, 3)
    released(numbers[0])

    def answer(_: int) -> str:
        try:
            return took(numbers[0], content)["state"]
        finally:
            connection.close()

    content = reply(sent(numbers[0]))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(answer, range(4))) == {"done"}
    paid = office.rows(
        "SELECT count(*), count(DISTINCT entry) FROM clearing_floorstate WHERE state = 'paid' AND entry IN"
        " (SELECT i.entry FROM payments_paid i JOIN payments_payment p ON p.id = i.payment_id"
        " JOIN payments_batch b ON b.id = p.batch_id WHERE b.number = %s)", numbers[0],
    )  # fmt: skip
    assert paid == [(3, 3)]


def test_nobody_releases_what_they_made_whatever_their_role_became(
    office: Service, place: str
) -> None:
    approved(office, _PERSONS[4], place)
    number = made()["number"]
    with pytest.raises(Refusal) as refused:
        released(number, Actor(ACCOUNTANT.key, Role.DISTRICT_ADMIN))
    assert codes(refused) == (403, ["S722"])
    with pytest.raises(Refusal) as refused:
        released(number, OTHER_ACCOUNTANT)
    assert codes(refused) == (403, ["S403"])
    with pytest.raises(Refusal) as refused:
        filing.bank(ACCOUNTANT, number, "")
    assert codes(refused) == (409, ["S723"])
    released(number, OTHER_ADMIN)
    with pytest.raises(Refusal) as refused:
        released(number)
    assert codes(refused) == (409, ["S723"])
    took(number, reply(sent(number)))


def test_the_bank_file_is_made_again_only_for_a_reason_and_is_the_same(
    office: Service, place: str
) -> None:
    approved(office, _PERSONS[5], place)
    number = made()["number"]
    released(number)
    first = filing.bank(ACCOUNTANT, number, "")
    office.rows("UPDATE tenancy_facility SET name = '改名' WHERE code = %s RETURNING code", place)
    with pytest.raises(Refusal) as refused:
        filing.bank(ACCOUNTANT, number, "")
    assert codes(refused) == (422, ["F201"])
    again = filing.bank(ACCOUNTANT, number, "磁盘坏了")
    assert (again.content, again.digest, again.number) == (first.content, first.digest, 2)
    assert (first.name, again.name) == (f"付款-{number}.csv", f"付款-{number}-补1.csv")
    assert first.digest == sm3(first.content).hex()
    kept = office.rows(
        "SELECT f.number, f.digest, f.reason FROM payments_file f JOIN payments_batch b ON b.id = f.batch_id"
        " WHERE b.number = %s ORDER BY f.id", number,
    )  # fmt: skip
    assert kept == [(1, first.digest, ""), (2, first.digest, "磁盘坏了")]
    with pytest.raises(Refusal) as refused:
        filing.voucher_of(ACCOUNTANT, number, "voucher_xlsx", "")
    assert codes(refused) == (409, ["S723"])
    took(number, reply(sent_rows(first.content)))
    filing.voucher_of(ACCOUNTANT, number, "voucher_csv", "")
    copied = filing.voucher_of(ACCOUNTANT, number, "voucher_csv", "会计丢了")
    assert "补打第 1 次" in copied.content.decode("utf-8-sig")
    assert copied.name == f"凭证-{number}-补1.csv"


def sent_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("gbk"))))


def test_no_account_is_a_fault_that_names_each_hospital(office: Service) -> None:
    places = [f"H{next(_places)}" for _ in range(2)]
    office.facilities(*places)
    entries = [approved(office, _PERSONS[6], one) for one in places]
    with pytest.raises(Refusal) as refused:
        made()
    assert codes(refused) == (409, ["S720", "S720"])
    assert [one.where for one in refused.value.faults] == sorted(places)
    stated = payees.Stated("户", "行", "", "622200001111")
    payees.state(ADMIN, places[0], stated, "开户")
    with pytest.raises(Refusal) as refused:
        made()
    assert codes(refused) == (409, ["S720", "S720"])
    for one in places:
        account(one)
    number = made()["number"]
    assert {e for p in json.loads(_text(number)) for e in p} == set(entries)
    released(number)
    took(number, reply(sent(number)))


def _text(number: str) -> str:
    db = tables.driver()
    return json.dumps([list(one.entries) for one in payments(db, batch(db, number))])


def test_an_account_is_confirmed_by_another_and_sealed(office: Service, place: str) -> None:
    stated = payees.Stated("某某区中医院", "某银行", "", "622200001234")
    for by in (ADMIN, Actor(ADMIN.key, Role.FUND_ACCOUNTANT)):
        number = payees.state(ADMIN, place, stated, "换户")
        with pytest.raises(Refusal) as refused:
            payees.decide(by, number, accept=True, typed=stated.number)
        assert codes(refused) == (403, ["S722"])
    before = payees.holding()[place].account
    assert before.number != stated.number
    for typed in ("", "1234", "999900001234"):  # what is shown is not what is confirmed
        with pytest.raises(Refusal) as refused:
            payees.decide(ACCOUNTANT, number, accept=True, typed=typed)
        assert codes(refused) == (422, ["S590"])
    assert payees.holding()[place].account == before
    payees.decide(ACCOUNTANT, number, accept=True, typed="6222 0000 1234")
    assert payees.holding()[place].account == stated
    assert payees.holding()[place].masked_number == "********1234"
    rows = office.rows("SELECT sealed FROM register_payeeaccount")
    assert all(b"622200001234" not in bytes(row[0]) for row in rows)
    logged = office.rows(
        "SELECT detail::text, reason FROM audit_log_record WHERE action LIKE 'payees.%%'"
    )
    assert logged
    assert "622200001234" not in str(logged)
    with pytest.raises(Refusal) as refused:
        payees.decide(ACCOUNTANT, number, accept=True, typed=stated.number)
    assert codes(refused) == (409, ["S723"])
    for call in (
        lambda: payees.state(ADMIN, "NONE", stated, "x"),
        lambda: payees.decide(ADMIN, 0, accept=False),
    ):
        with pytest.raises(Refusal) as refused:
            call()
        assert codes(refused) == (404, ["S481"])
    assert rotation.rotate(ADMIN)["payees"] == len(rows)
    assert payees.holding()[place].account == stated


@pytest.mark.parametrize(
    ("key", "value"),
    [("holder", "=HYPERLINK(1)"), ("holder", "a,b"), ("holder", 'a"b'), ("holder", "a\nb"), ("holder", "-医院"),
     ("holder", ""), ("holder", "长" * 61), ("holder", " 医院"), ("bank", "+1"), ("bank", "银\u200b行"),
     ("number", "62220000111"[:5]), ("number", "6222-0000"), ("number", "１２３４５６７"), ("bank_code", "123")],
)  # fmt: skip
def test_a_hostile_account_is_refused_where_it_is_stated(
    office: Service, place: str, key: str, value: str
) -> None:
    good = {"holder": "院", "bank": "行", "bank_code": "", "number": "622200001111"}
    with pytest.raises(Refusal) as refused:
        payees.state(ADMIN, place, payees.Stated(**{**good, key: value}), "试")
    assert codes(refused) == (422, ["F203"])
    assert office.rows(
        "SELECT count(*) FROM register_payeeaccount WHERE facility_id = %s", place
    ) == [(1,)]


def test_a_name_that_the_layout_cannot_hold_is_refused_not_cut(office: Service, place: str) -> None:
    account(place, "622200005555", "㊣𠮷医院")
    approved(office, _PERSONS[7], place)
    number = made()["number"]
    released(number)
    with pytest.raises(Refusal) as refused:
        filing.bank(ACCOUNTANT, number, "")
    assert codes(refused) == (422, ["S726"])
    assert state_of(office, number)[0] == "released"
    releasing.cancel(ACCOUNTANT, message(), {}, number, "户名写不进")
    account(place, "622200005555", "医" * 31)
    number = made(layout="bank_fixed")["number"]
    released(number)
    with pytest.raises(Refusal) as refused:
        filing.bank(ACCOUNTANT, number, "")
    assert (codes(refused), "62 个字节" in refused.value.faults[0].what) == ((422, ["S726"]), True)
    releasing.cancel(ACCOUNTANT, message(), {}, number, "户名太长")
    account(place, "622200005555", "正名医院")
    number = made(layout="bank_fixed")["number"]
    released(number)
    lines = filing.bank(ACCOUNTANT, number, "").content.split(b"\r\n")
    assert [len(line) for line in lines] == [51, 191, 0]
    assert (
        lines[0]
        == b"H" + number.encode().ljust(20) + lines[0][21:29] + b"000001" + b"0000000000013479"
    )
    answer = (
        b"D000001"
        + b"622200005555".ljust(34)
        + b"0000000000013479"
        + b"00"
        + b"S-1".ljust(30)
        + b" " * 60
    )
    head = b"H" * 148
    assert took(number, head + b"\r\n" + answer + b"\r\n", "回单.txt")["paid"] == 1
    assert floor(office, place)
    assert set(floor(office, place).values()) == {"paid"}


def test_a_return_that_fits_no_payment_is_taken_in_no_part(office: Service, place: str) -> None:
    other = f"H{next(_places)}"
    office.facilities(other)
    account(other)
    approved(office, _PERSONS[8], place)
    approved(office, _PERSONS[9], other)
    number = made()["number"]
    with pytest.raises(Refusal) as refused:
        took(number, b"x")
    assert codes(refused) == (409, ["S723"])
    released(number)
    rows = sent(number)
    good = reply(rows).decode("gbk")
    for change in (
        good.replace("134.79", "134.80", 1), good.replace("2,62220000", "3,62220000", 1),
        good.replace("62220000", "62220001", 1), good.replace("成功", "也许", 1), good.replace("R2", ""),
        good + good.splitlines()[1] + "\r\n", good.replace("处理结果", "x"), good.splitlines()[0],
        good.replace("R1", "R" * 90), good.replace("134.79", "一百", 1), good.replace("金额", "别的"),
        good.replace("收款账号", "别的"),
        *(good.replace("134.79", n, 1) for n in ("1e999999999", "sNaN", "1_34.79", "134.791", "-134.79")),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            took(number, change.encode("gbk"))
        assert (refused.value.status, {one.code for one in refused.value.faults}) == (
            422,
            {"S727"},
        ), change
    for garbage in (b"", b"\x00\xff" * 40, b"PK\x03\x04" + b"x" * 60):
        with pytest.raises(Refusal) as refused:
            took(number, garbage)
        assert refused.value.status == 422
    assert {row[1] for row in state_of(office, number)[1]} == {"waiting"}
    lines = good.splitlines(keepends=True)
    first = took(number, "".join(lines[:2]).encode("gbk"))
    assert (first["state"], first["waiting"]) == ("sent", 1)
    assert took(number, reply(rows[:1]))["paid"] == 0
    with pytest.raises(Refusal) as refused:
        took(number, reply(rows[:1], {rows[0]["序号"]: "退票"}))
    assert codes(refused) == (422, ["S727"])
    assert took(number, good.encode("gbk"))["state"] == "done"
    with pytest.raises(
        Refusal
    ) as refused:  # the bank says once more that it paid, by another movement
        took(number, good.replace("R1", "R9").encode("gbk"))
    assert codes(refused) == (422, ["S727"])
    assert "流水号是 R1" in refused.value.faults[0].what
    with pytest.raises(Refusal) as refused:
        replying.take(ACCOUNTANT, message(), number, "x", b"x" * (16 * 2**20 + 1))
    assert codes(refused) == (413, ["S413"])


def test_what_was_reversed_after_payment_is_given_back_by_the_next_batch(
    office: Service, place: str
) -> None:
    told = settled(office, _PERSONS[10], place)
    entry, admin = entry_of(office, told), office.token("district_admin")
    assert decide(office, admin, "approve", [entry])[0] == 201
    number = made()["number"]
    released(number)
    rows = sent(number)
    reversed_(office, told)
    back = entry_of(office, told, "reverse")
    assert floor(office, place) == {entry: "cancelled", back: "cancelled"}
    took(number, reply(rows))
    assert floor(office, place) == {entry: "paid", back: "recover"}
    assert decide(office, admin, "approve", [back])[0] == 201
    with pytest.raises(Refusal) as refused:
        made()
    assert codes(refused) == (409, ["S583"])
    more = [approved(office, one, place) for one in _PERSONS[11:13]]
    batch = made()
    assert batch["payments"][0] == {
        "row": 1, "facility": place, "owed": "269.58", "returned": "134.79", "amount": "134.79",
        "entries": [back, *more],
    }  # fmt: skip
    released(batch["number"])
    took(batch["number"], reply(sent(batch["number"])))
    assert set(floor(office, place).values()) == {"paid"}
    lines = filing.voucher_of(ACCOUNTANT, batch["number"], "voucher_csv", "").content.decode(
        "utf-8-sig"
    )
    assert [line.split(",")[5:7] for line in lines.splitlines()[1:]] == [
        ["269.58", ""], ["", "134.79"], ["", "134.79"],
    ]  # fmt: skip


def test_what_was_reversed_before_the_file_stops_the_batch(office: Service, place: str) -> None:
    told = settled(office, _PERSONS[13], place)
    entry = entry_of(office, told)
    decide(office, office.token("district_admin"), "approve", [entry])
    number = made()["number"]
    reversed_(office, told)
    with pytest.raises(Refusal) as refused:
        released(number)
    assert codes(refused) == (409, ["S724"])
    assert f"兜底金额 {entry} 已抵销" in refused.value.faults[0].what
    releasing.cancel(ADMIN, message(), {}, number, "撤销了")
    entry = approved(office, _PERSONS[14], place)
    number = made()["number"]
    released(number)
    account(place, "622200007777")
    with pytest.raises(Refusal) as refused:
        filing.bank(ACCOUNTANT, number, "")
    assert codes(refused) == (409, ["S724"])
    releasing.cancel(ADMIN, message(), {}, number, "账户换了")
    assert decide(office, office.token("fund_accountant"), "paid", [entry])[0] == 201


def test_a_reversed_amount_that_the_bank_sent_back_leaves_nothing(
    office: Service, place: str
) -> None:
    told = settled(office, _PERSONS[15], place)
    entry = entry_of(office, told)
    decide(office, office.token("district_admin"), "approve", [entry])
    number = made()["number"]
    released(number)
    rows = sent(number)
    reversed_(office, told)
    assert took(number, reply(rows, {"1": "账户冻结"}))["failed"] == 1
    back = entry_of(office, told, "reverse")
    assert floor(office, place) == {entry: "cancelled", back: "cancelled"}
    assert office.rows("SELECT count(*) FROM clearing_hold WHERE entry = %s", entry) == [(0,)]


def test_a_sum_that_is_another_by_now_is_not_made(office: Service, place: str) -> None:
    entry = approved(office, _PERSONS[16], place)
    with pytest.raises(Refusal) as refused:
        making.make(ACCOUNTANT, message(), {}, MONTH, "bank_csv", seen_fen=1)
    assert codes(refused) == (409, ["S589"])
    assert "现在是 134.79 元，看的时候是 0.01 元" in refused.value.faults[0].what
    again = message()
    first = making.make(ACCOUNTANT, again, {}, MONTH, "bank_csv", seen_fen=13479)
    assert making.make(ACCOUNTANT, again, {}, MONTH, "bank_csv", seen_fen=13479).text == first.text
    with pytest.raises(Refusal) as refused:
        making.make(ACCOUNTANT, message(), {}, MONTH, "gone")
    assert codes(refused) == (422, ["F203"])
    releasing.cancel(ADMIN, message(), {}, json.loads(first.text)["number"], "试")
    with pytest.raises(Refusal) as refused:
        releasing.cancel(ADMIN, message(), {}, json.loads(first.text)["number"], "")
    assert codes(refused) == (422, ["F201"])
    decide(office, office.token("fund_accountant"), "paid", [entry])


def test_what_failed_is_approved_again_once_and_row_by_row(office: Service, place: str) -> None:
    other = f"H{next(_places)}"
    office.facilities(other)
    account(other)
    entries = [approved(office, _PERSONS[17 + n], one) for n, one in enumerate((place, other))]
    number = made()["number"]
    released(number)
    took(number, reply(sent(number), {"1": "户名不符", "2": "户名不符"}))
    used, stated = message(), {"number": number, "row": 1}
    first = again.approve_again(ADMIN, used, stated, number, 1, "")
    assert (first.status, json.loads(first.text)["amount"]) == (201, "134.79")
    assert again.approve_again(ADMIN, used, stated, number, 1, "") == Answer(200, first.text)
    for row, asked in (
        (1, message()),
        (2, used),
    ):  # done already; another row under the message of the first
        with pytest.raises(Refusal) as refused:
            again.approve_again(ADMIN, asked, {**stated, "row": row}, number, row, "")
        assert codes(refused)[0] == 409
    told = {**floor(office, place), **floor(office, other)}
    assert [told[one] for one in entries] == ["approved", "failed"]
    with pytest.raises(Refusal) as refused:
        again.approve_again(ACCOUNTANT, message(), stated, number, 2, "")
    assert codes(refused) == (403, ["S403"])
    again.approve_again(ADMIN, message(), {**stated, "row": 2}, number, 2, "")
    for one in entries:
        decide(office, office.token("fund_accountant"), "paid", [one])


@pytest.mark.parametrize(
    "table", ["payments_batch", "payments_payment", "payments_paid", "payments_file"]
)
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "UPDATE {} SET id = id + 1000", "TRUNCATE {} CASCADE"]
)
def test_what_a_batch_pays_is_never_changed(office: Service, table: str, change: str) -> None:
    assert office.rows(f"SELECT count(*) > 0 FROM {table}") == [(True,)]
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change.format(table))


@pytest.mark.parametrize(
    ("old", "new"),
    [("format: csv", "format: xlsx"), ("fact: row}", "fact: person.name}"), ("encoding: gbk", "encoding: big5"),
     ("status: unverified", "status: sure"), ("paid: [成功, 已付]", "paid: [失败]"), ("longest: 60}", "width: 60}"),
     ("fact: amount}", "fact: amount, text: x}"), ("holds: result", "holds: other"),
     ("kind: bank", "kind: voucher")],
)  # fmt: skip
def test_a_profile_that_cannot_be_used_says_where(old: str, new: str) -> None:
    text = files("doudi_web.payments").joinpath("profiles", "bank_csv.yaml").read_text("utf-8")
    assert old in text
    with pytest.raises(Faulty) as faulty:
        profiles.read("p.yaml", text.replace(old, new).encode())
    assert {one.code for one in faulty.value.faults} == {"S725"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("bank_fixed", "titles: false", "titles: true"), ("bank_csv", "title: 用途", "title: 用途𠮷"),
     ("voucher_csv", "format: csv", "format: fixed")],
)  # fmt: skip
def test_a_profile_whose_file_could_not_be_written_is_refused(
    name: str, old: str, new: str
) -> None:
    text = files("doudi_web.payments").joinpath("profiles", f"{name}.yaml").read_text("utf-8")
    assert old in text
    with pytest.raises(Faulty) as faulty:
        profiles.read("p.yaml", text.replace(old, new).encode())
    assert {one.code for one in faulty.value.faults} == {"S725"}


def test_a_sites_own_profile_stands_in_for_ours_of_its_name(folder: Path) -> None:
    text = files("doudi_web.payments").joinpath("profiles", "bank_csv.yaml").read_text("utf-8")
    own = folder / profiles.FOLDER
    own.mkdir()
    (own / "a.yaml").write_text(
        text.replace("title: 银行批量付款（逗号分隔，示例）", "title: 本区的银行"), "utf-8"
    )
    with override_settings(DATA=folder):
        found = {one.name: one.form.title for one in profiles.profiles("bank")}
        assert found == {"bank_csv": "本区的银行", "bank_fixed": "银行批量付款（定长，示例）"}
        (own / "b.yaml").write_text(text, "utf-8")
        with pytest.raises(Faulty) as faulty:
            profiles.profiles("bank")
    assert [(one.code, one.where) for one in faulty.value.faults] == [("S725", "b.yaml")]


CODES = {"S589", "S590", "S720", "S721", "S722", "S723", "S724", "S725", "S726", "S727", "S729"}
"""The codes that this file makes."""
